#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_incluster.sh -- the roles of examples/in-cluster are enough, and no more than enough; the collector runs there
# with what a pod is given: two variables, a token and an authority; what --preflight prints can be applied.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"
python3 -c 'import yaml' 2>/dev/null || { echo "skipped: python3-yaml is not installed"; exit 77; }
command -v openssl >/dev/null || { echo "skipped: openssl is not installed"; exit 77; }
bundle=$work/x.tar.gz
fast="--sample-interval 0s --rate 200 --progress none"
roles=$src/examples/in-cluster
everything="$roles/rbac.yaml $roles/rbac-logs.yaml $roles/rbac-metrics.yaml $roles/rbac-exec.yaml $roles/rbac-secret-names.yaml"

# limited NAME CLUSTER ROLES...: an overlay of a recorded cluster that grants exactly these roles to the service account.
limited() {
    mkdir -p "$work/$1"
    python3 - "$work/$1" "$src/tests/apiserver/clusters/$2" "$@" <<'EOP'
import json, os, sys, yaml
folder, base, files = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[5:]
documents = [d for f in files for d in yaml.safe_load_all(open(f)) if d]
account = "system:serviceaccount:meshcase:meshcase-collect"
rules = []
for binding in documents:
    if not binding["kind"].endswith("Binding"):
        continue
    subject = binding["subjects"][0]
    assert f"system:serviceaccount:{subject.get('namespace')}:{subject['name']}" == account, binding
    where = {"namespaces": [binding["metadata"]["namespace"]]} if binding["kind"] == "RoleBinding" else {}
    role = next(d for d in documents if d["kind"] == binding["roleRef"]["kind"] and
                d["metadata"]["name"] == binding["roleRef"]["name"] and
                d["metadata"].get("namespace") == binding["metadata"].get("namespace"))
    rules += [rule | where for rule in role["rules"]]
json.dump(json.load(open(f"{base}/cluster.json")) | {"base": base}, open(f"{folder}/cluster.json", "w"))
json.dump({"user": account, "rules": rules}, open(f"{folder}/rbac.json", "w"))
EOP
}
# serve_limited NAME OPTION...
serve_limited() {
    name=$1
    shift
    serve "../../../../../../../../../../$work/$name" "$@"
}
nothing_forbidden() {
    tar xzOf "$bundle" --wildcards '*/manifest.json' | python3 -c '
import json, sys
bad = [c["id"] for c in json.load(sys.stdin)["captures"] if c.get("class") in ("forbidden", "unauthorized")]
assert not bad, bad'
    python3 -c '
import json, sys
bad = [a["path"] for a in map(json.loads, open(sys.argv[1])) if a["status"] == 403 and not a["path"].endswith("/exec")]
assert not bad, bad' "$asked"
}

# All roles together: complete, over every line of versions that is recorded, and no right is left unused.
: >"$work/used"
for recorded in bookinfo-0.5 bookinfo-healthy minimal; do
    # shellcheck disable=SC2086
    limited "all-$recorded" "$recorded" $everything
    serve_limited "all-$recorded"
    rm -f "$bundle"
    # shellcheck disable=SC2086
    gather --kubeconfig "$kc" -o "$bundle" $fast --no-exec
    # Istio 0.5's CA serves no metrics.
    expect "$recorded with the roles: exit status" is "$status" "$([ $recorded = bookinfo-0.5 ] && echo 1 || echo 0)"
    expect "$recorded with the roles: nothing is forbidden" nothing_forbidden
    expect "$recorded with the roles: harmless" harmless "$asked"
    gather --kubeconfig "$kc" --preflight --rate 500
    expect "$recorded with the roles: preflight misses nothing" is "$status" 0
    # A watch is logged when the server sees that it has ended.
    for _ in $([ $recorded = minimal ] && seq 50); do
        grep -q watch=1 "$asked" && break
        sleep 0.1
    done
    cat "$asked" >>"$work/used"
    kill "$server"
done
# Commands take their time; what they need is the same everywhere.
cat >"$work/commands.yaml" <<'EOP'
plan: 1
captures:
- {id: objects, kind: resources, resources: [pods]}
- {id: commands, kind: exec, components: [ingress], commands: [date.txt, limits.txt]}
EOP
serve_limited all-bookinfo-healthy
# shellcheck disable=SC2086
gather --kubeconfig "$kc" -o "$bundle" --force $fast --plan "$work/commands.yaml"
expect "commands with the roles: exit status" is "$status" 0
expect "commands with the roles: nothing is forbidden" nothing_forbidden
cat "$asked" >>"$work/used"
kill "$server"
# Each resource of each rule is one that the plan names; those that a recorded cluster serves were asked for.
every_rule_is_needed() {
    # shellcheck disable=SC2086
    python3 - "$src/collector/plans/istio.yaml" "$work/used" $everything <<'EOP'
import json, re, sys, yaml
plan = yaml.safe_load(open(sys.argv[1]))
named = {r for c in plan["captures"] for r in c.get("resources", [])}
asked, served = set(), set()
for line in open(sys.argv[2]):
    a = json.loads(line)
    m = re.match(r"^/(?:api|apis/([^/]+))/[^/]+/(?:namespaces/[^/]+/)?([^/]+)(?:/([^/]+)(?:/([^/]+).*)?)?$", a["path"])
    if a["status"] >= 300 and not a["path"].endswith("/exec") or not m:
        continue
    group, plural, name, sub = m.group(1) or "", m.group(2), m.group(3), m.group(4)
    watch = "watch=1" in a["query"]
    verb = ("create" if a["method"] == "POST" else "get") if name else "watch" if watch else "list"
    asked.add((verb, group, plural + ("/" + sub if sub else "")))
    served.add((group, plural))
for path in sys.argv[3:]:
    for document in yaml.safe_load_all(open(path)):
        if document["kind"] != "ClusterRole":
            continue
        for rule in document["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for verb in rule["verbs"]:
                        what = f"{path}: {verb} {resource} of '{group}'"
                        if resource == "*":
                            assert f"*.{group}" in named, f"{what} is in no plan"
                        elif "/" in resource or verb != "list":
                            # kubectl decides by its version and the server's which of the two it uses.
                            either = [(v, group, resource) for v in (rule["verbs"] if resource == "pods/exec" else [verb])]
                            assert any(e in asked for e in either), f"{what} was never used"
                        else:
                            word = resource + ("." + group if group else "")
                            assert word in named, f"{what} is in no plan"
                            old = group == "extensions"      # the same objects were read under their new group
                            assert old or (group, resource) not in served or (verb, group, resource) in asked, f"{what} was never used"
missing = [r for r in named if r[0] != "*" and not any(
    r == res + ("." + g if g else "") for p in sys.argv[3:] for d in yaml.safe_load_all(open(p)) if d["kind"] == "ClusterRole"
    for rule in d["rules"] for g in rule["apiGroups"] for res in rule["resources"] if "list" in rule["verbs"])]
assert not missing, f"the plan needs {missing}, which no role grants"
EOP
}
expect "no role grants what nothing needs" every_rule_is_needed

# The base role alone: what the others would have given is told, and preflight's answer can be applied.
limited base bookinfo-healthy "$roles/rbac.yaml"
serve_limited base
rm -f "$bundle"
# shellcheck disable=SC2086
gather --kubeconfig "$kc" -o "$bundle" $fast
expect "the base role: exit status" is "$status" 1
expect "the base role: sound" sound "$bundle"
expect "the base role: objects are there" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
expect "the base role: no names of Secrets" is "$(capture "$bundle" kubernetes/core/secrets.json)" "failed forbidden"
expect "the base role: asked in vain a few times only" test "$(grep -c '"status": 403' "$asked")" -lt 60
gather --kubeconfig "$kc" --preflight --rate 500
expect "preflight: exit status" is "$status" 1
expect "preflight: names the account" says "$out" 'kind: ServiceAccount, namespace: "meshcase", name: "meshcase-collect"'
expect "preflight: says what each right is for" says "$out" "get *pods/log in all namespaces: control-plane-logs"
cp "$out" "$work/missing.yaml"
expect "preflight: kubectl takes all of it" kubectl --kubeconfig "$kc" create --validate=false --dry-run=client -f "$work/missing.yaml"
kill "$server"
limited mended bookinfo-healthy "$roles/rbac.yaml" "$work/missing.yaml"
serve_limited mended
gather --kubeconfig "$kc" --preflight --rate 500
expect "preflight: what it printed was enough" is "$status" 0
kill "$server"
# With namespaces named: roles in each of them.
limited none bookinfo-healthy
serve_limited none
gather --kubeconfig "$kc" --preflight --rate 500 -n default --no-exec
expect "preflight -n: exit status" is "$status" 1
expect "preflight -n: roles of namespaces" says "$out" 'kind: RoleBinding'
sed 's/kind: ServiceAccount/&/' "$out" >"$work/some.yaml"
kill "$server"
limited some bookinfo-healthy "$work/some.yaml"
serve_limited some
gather --kubeconfig "$kc" --preflight --rate 500 -n default --no-exec
expect "preflight -n: what it printed was enough" is "$status" 0
# shellcheck disable=SC2086
gather --kubeconfig "$kc" -o "$bundle" --force $fast -n default --no-exec
expect "preflight -n: and the collection is what it can be" is "$status" 0
kill "$server"

# In a pod: no kubeconfig, over TLS, by the service account's token.
limited pod minimal $everything
serve_limited pod --tls "$work/tls" --token sesame
port=$(sed -n 's/.*127.0.0.1:\([0-9]*\)".*/\1/p' "$kc")
cat >"$work/pod.sh" <<'EOP'
account=/var/run/secrets/kubernetes.io/serviceaccount
if [ "$2" = mount ]; then mount -t tmpfs none /run || exit 77; fi
mkdir -p $account || exit 77
printf sesame >$account/token
printf meshcase >$account/namespace
cp "$1/tls/ca.crt" $account/ca.crt
shift 2
unset HOME
exec "$@"
EOP
in_pod() {
    if unshare -rm sh -c 'mount -t tmpfs none /run' 2>/dev/null; then
        unshare -rm sh "$work/pod.sh" "$work" mount "$@"
    elif [ "$(id -u)" = 0 ] && [ ! -e /var/run/secrets/kubernetes.io ]; then
        sh "$work/pod.sh" "$work" plain "$@"
        result=$?
        rm -rf /var/run/secrets/kubernetes.io
        rmdir /var/run/secrets 2>/dev/null
        return $result
    else
        return 77
    fi
}
rm -f "$bundle"
# shellcheck disable=SC2086
KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$port in_pod "$collect" -o "$bundle" $fast --no-exec >"$work/out" 2>"$work/err" </dev/null
status=$?
if [ $status = 77 ]; then
    echo "skipped in a pod: neither a namespace of mounts nor /var/run/secrets can be had"
else
    expect "in a pod: exit status" is "$status" 0
    expect "in a pod: sound" sound "$bundle"
    expect "in a pod: nothing is forbidden" nothing_forbidden
    expect "in a pod: the context says so" sh -c "tar xzOf '$bundle' --wildcards '*/manifest.json' | grep -q '\"context\":\"in-cluster\"'"
    expect "in a pod: the token is nowhere" sh -c "! tar xzOf '$bundle' | grep -a sesame"
fi
kill "$server"

# The Job runs this program with the options that it has.
job_is_right() {
    python3 - "$roles/job.yaml" "$collect" <<'EOP'
import subprocess, sys, yaml
job = next(d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "Job")
pod = job["spec"]["template"]
container = pod["spec"]["containers"][0]
assert pod["spec"]["serviceAccountName"] == "meshcase-collect" and pod["spec"]["restartPolicy"] == "Never"
assert job["spec"]["backoffLimit"] == 0 and job["spec"]["activeDeadlineSeconds"]
assert pod["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false"
security = container["securityContext"]
assert security["readOnlyRootFilesystem"] and security["capabilities"]["drop"] == ["ALL"] and not security["allowPrivilegeEscalation"]
words = container["args"]
options = [w for w in words if w.startswith("--")]
known = subprocess.run([sys.argv[2], "--help"], capture_output=True, text=True).stdout
for option in options:
    assert option.split("=")[0] in known, option
EOP
}
expect "the Job is one that this program runs in" job_is_right
finish
