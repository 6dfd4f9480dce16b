# SPDX-License-Identifier: Apache-2.0
"""access -- who may do what: rbac.json, for requests and for access reviews alike.

rbac.json: {"user": NAME, "rules": [RULE...], "except": [RULE...]}
RULE is a PolicyRule of RBAC, with "namespaces" where it is limited to some.  Without "rules" all is
allowed but what "except" names.
"""

import fnmatch

ANY = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


def _has(values, wanted):
    return "*" in values or wanted in values


class Access:
    def __init__(self, rbac, table):
        rbac = rbac or {}
        self.user = rbac.get("user", "kubernetes-admin")
        self.rules = rbac.get("rules")
        self.exceptions = rbac.get("except", [])
        self.table = table

    @staticmethod
    def _matches(rule, verb, group, resource, namespace, name):
        if "resources" not in rule or not _has(rule["verbs"], verb) or not _has(rule.get("apiGroups", ["*"]), group):
            return False
        if not _has(rule["resources"], resource):
            return False
        if "namespaces" in rule and namespace not in rule["namespaces"]:
            return False
        return "resourceNames" not in rule or name in rule["resourceNames"]

    def allows(self, verb, group, resource, namespace="", name=""):
        """resource may carry a subresource: pods/log."""
        asked = (verb, group, resource, namespace, name)
        if any(self._matches(r, *asked) for r in self.exceptions):
            return False
        return self.rules is None or any(self._matches(r, *asked) for r in self.rules)

    def allows_path(self, verb, path):
        """A path that names no resource; discovery and /version are everyone's, as by default in Kubernetes."""
        if self.rules is None or path == "/version" or path.startswith(("/api", "/healthz", "/openapi")):
            return True
        return any(
            _has(r["verbs"], verb) and any(fnmatch.fnmatchcase(path, p) for p in r["nonResourceURLs"])
            for r in self.rules
            if "nonResourceURLs" in r
        )

    def rules_of(self, namespace):
        """The status of a SelfSubjectRulesReview."""
        resource_rules, other, incomplete = [], [], False
        if self.rules is not None:
            for rule in self.rules:
                if "nonResourceURLs" in rule:
                    other.append({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]})
                elif "namespaces" not in rule or namespace in rule["namespaces"]:
                    resource_rules.append({k: v for k, v in rule.items() if k != "namespaces"})
            incomplete = bool(self.exceptions)
        elif not self.exceptions:
            resource_rules.append(dict(ANY))
            other.append({"verbs": ["*"], "nonResourceURLs": ["*"]})
        else:
            resource_rules = self._spelt_out(namespace)
        return {"resourceRules": resource_rules, "nonResourceRules": other, "incomplete": incomplete}

    def _spelt_out(self, namespace):
        """All but the exceptions, resource by resource: rules can only add."""
        rules = []
        for row in self.table.rows:
            for name in (row.plural,) + tuple(f"{row.plural}/{s}" for s in row.sub):
                verbs = row.verbs if name == row.plural else ("create", "get")
                allowed = [v for v in verbs if self.allows(v, row.group, name, namespace)]
                if allowed:
                    rules.append({"verbs": allowed, "apiGroups": [row.group], "resources": [name]})
        return rules
