/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl.c -- the real kubectl, with a shorter way to the recorded server for exec.
 *
 * A collection runs some two hundred commands in containers, and a kubectl takes as long for each of
 * them as for a whole collection of everything else.  This program asks the recorded server for what
 * a command prints in one plain request, and becomes the real kubectl, the next one of PATH, for all
 * else.  What the real kubectl makes of exec is tested by other tests.
 *
 * What kubectl says of itself and of its kubeconfig is the same in all scenarios but for the server's
 * port, so the first answer is kept in $MESHCASE_KUBECTL_ANSWERS for the others. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAIL(...) (fprintf(stderr, __VA_ARGS__), exit(1))

static char request[1 << 16];
static size_t request_size;
static char reply[1 << 24];

static void
put(const char *text)
{
    size_t size = strlen(text);
    if (size >= sizeof request - request_size)
        FAIL("kubectl: the command is too long\n");
    memcpy(request + request_size, text, size + 1);
    request_size += size;
}

/* put_escaped adds "&KEY=VALUE" of a query. */
static void
put_escaped(const char *key, const char *value)
{
    put(key);
    for (; *value; value++) {
        char code[4];
        (void)snprintf(code, sizeof code, "%%%02X", (unsigned char)*value);
        put(code);
    }
}

/* become_real runs the first kubectl of PATH that is not this program. */
static void
become_real(char **argv)
{
    struct stat self, other;
    if (stat("/proc/self/exe", &self))
        FAIL("kubectl: /proc/self/exe: %s\n", strerror(errno));
    char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    for (char *next = path, *folder; (folder = strsep(&next, ":"));) {
        char name[PATH_MAX];
        (void)snprintf(name, sizeof name, "%s/kubectl", folder);
        if (stat(name, &other) || (other.st_ino == self.st_ino && other.st_dev == self.st_dev))
            continue;
        (void)execv(name, argv);
    }
    FAIL("kubectl: no other kubectl in PATH\n");
}

static char config[1 << 16];

/* port_of finds the server's port in the kubeconfig, which it leaves in config without that port. */
static int
port_of(const char *kubeconfig)
{
    int fd = open(kubeconfig, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, config, sizeof config - 1);
    char *found = size > 0 ? strstr(config, "http://127.0.0.1:") : NULL;
    if (!found)
        FAIL("kubectl: no recorded server in %s\n", kubeconfig);
    char *digits = found + strlen("http://127.0.0.1:");
    int port = (int)strtol(digits, NULL, 10);
    memset(digits, '0', strspn(digits, "0123456789"));
    return port;
}

/* print_with prints the text with another port of the recorded server in place of the one it has. */
static void
print_with(FILE *out, const char *text, int port)
{
    static const char HOST[] = "127.0.0.1:";
    for (const char *found; (found = strstr(text, HOST)); text = found + strspn(found, "0123456789")) {
        found += strlen(HOST);
        (void)fwrite(text, 1, (size_t)(found - text), out);
        fprintf(out, "%d", port);
    }
    (void)fputs(text, out);
}

/* hash_of the words that matter: where the kubeconfig and the cache lie is nobody's business. */
static unsigned long long
hash_of(int argc, char **argv)
{
    unsigned long long hash = 1469598103934665603ULL;
    for (int i = 0; i <= argc; i++) {
        const char *word = i < argc ? argv[i] : config;
        if (!strncmp(word, "--kubeconfig=", 13) || !strncmp(word, "--cache-dir=", 12))
            continue;
        do
            hash = (hash ^ (unsigned char)*word) * 1099511628211ULL;
        while (*word++);
    }
    return hash;
}

/* ask_real runs the real kubectl and leaves what it prints in reply; false where it fails. */
static int
ask_real(char **argv)
{
    int ends[2], status = 1;
    if (pipe(ends))
        FAIL("kubectl: pipe: %s\n", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        become_real(argv);
    }
    (void)close(ends[1]);
    size_t size = 0;
    for (ssize_t got; (got = read(ends[0], reply + size, sizeof reply - 1 - size)) > 0;)
        size += (size_t)got;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* repeat prints what the real kubectl said to the same question before, or asks it and keeps the answer. */
static void
repeat(int argc, char **argv, const char *folder, int port)
{
    char name[PATH_MAX], own[PATH_MAX + 24];
    (void)snprintf(name, sizeof name, "%s/%016llx", folder, hash_of(argc, argv));
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, reply, sizeof reply - 1) <= 0) {
        if (!ask_real(argv))
            become_real(argv);
        (void)snprintf(own, sizeof own, "%s.%d", name, (int)getpid());
        FILE *kept = fopen(own, "w");
        if (!kept)
            FAIL("kubectl: %s: %s\n", own, strerror(errno));
        print_with(kept, reply, 0);
        if (fclose(kept) || rename(own, name))
            FAIL("kubectl: %s: %s\n", name, strerror(errno));
    }
    print_with(stdout, reply, port);
    exit(fflush(stdout) ? 1 : 0);
}

static int
is_about_itself(int argc, char **argv)
{
    int words = 0;
    for (int i = 1; i < argc; i++)
        words |= (strcmp(argv[i], "version") ? 0 : 1) | (strcmp(argv[i], "--client") ? 0 : 2) |
                 (strcmp(argv[i], "config") ? 0 : 4) | (strcmp(argv[i], "view") ? 0 : 8);
    return (words & 3) == 3 || (words & 12) == 12;
}

static size_t
ask(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        FAIL("The connection to the server 127.0.0.1:%d was refused - did you specify the right host or port?\n", port);
    if (write(fd, request, request_size) != (ssize_t)request_size)
        FAIL("kubectl: the server does not read\n");
    size_t size = 0;
    for (ssize_t got; (got = read(fd, reply + size, sizeof reply - 1 - size)) > 0;)
        size += (size_t)got;
    return size;
}

/* The text of a key of a Status, as the server writes it, up to the next quote. */
static void
show_refusal(const char *body)
{
    const char *reason = strstr(body, "\"reason\":\""), *message = strstr(body, "\"message\":\"");
    if (!reason || !message)
        FAIL("error: %s\n", body);
    reason += strlen("\"reason\":\"");
    message += strlen("\"message\":\"");
    fprintf(stderr, "Error from server (%.*s): ", (int)strcspn(reason, "\""), reason);
    for (; *message && *message != '"'; message++) {
        if (*message == '\\' && message[1])
            message++;
        (void)fputc(*message, stderr);
    }
    FAIL("\n");
}

/* show prints what the command printed and ends as it ended. */
static void
show(size_t size)
{
    char *end = strstr(reply, "\r\n\r\n"), *told = strstr(reply, "X-Exec: ");
    int status = 0;
    size_t out = 0;
    if (!end)
        FAIL("error: unexpected EOF\n");
    char *body = end + 4;
    size_t rest = size - (size_t)(body - reply);
    if (!told || told > end)
        show_refusal(body);
    if (sscanf(told, "X-Exec: %d %zu", &status, &out) != 2 || out > rest)
        FAIL("error: unexpected EOF\n");
    (void)fwrite(body, 1, out, stdout);
    (void)fwrite(body + out, 1, rest - out, stderr);
    if (status)
        fprintf(stderr, "command terminated with exit code %d\n", status);
    exit(status);
}

int
main(int argc, char **argv)
{
    const char *kubeconfig = getenv("KUBECONFIG"), *namespace = "default", *container = "", *pod = "";
    int at = 1, command;
    while (at < argc && strcmp(argv[at], "exec")) {
        if (!strncmp(argv[at], "--kubeconfig=", 13))
            kubeconfig = argv[at] + 13;
        else if (!strcmp(argv[at], "--kubeconfig") && at + 1 < argc)
            kubeconfig = argv[++at];
        at++;
    }
    const char *answers = getenv("MESHCASE_KUBECTL_ANSWERS");
    if (at >= argc && kubeconfig && answers && is_about_itself(argc, argv))
        repeat(argc, argv, answers, port_of(kubeconfig));
    if (at >= argc || !kubeconfig)
        become_real(argv);
    for (command = ++at; command < argc && strcmp(argv[command], "--"); command++)
        ;
    for (; at < command; at++) {
        if (!strcmp(argv[at], "-n"))
            namespace = argv[++at];
        else if (!strcmp(argv[at], "-c"))
            container = argv[++at];
        else if (argv[at][0] != '-')
            pod = argv[at];
    }
    put("GET /api/v1/namespaces/");
    put(namespace);
    put("/pods/");
    put(pod);
    put("/exec?stdout=true&stderr=true");
    put_escaped("&container=", container);
    while (++command < argc)
        put_escaped("&command=", argv[command]);
    put(" HTTP/1.1\r\nHost: recorded\r\nUser-Agent: kubectl/short\r\nConnection: close\r\nUpgrade: recorded\r\n\r\n");
    show(ask(port_of(kubeconfig)));
}
