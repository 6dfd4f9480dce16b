/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl.c -- the real kubectl, with a shorter way to the recorded server for exec.
 *
 * A collection runs some two hundred commands in containers, and a kubectl takes as long for each of
 * them as for a whole collection of everything else.  This program asks the recorded server for what
 * a command prints in one plain request, and becomes the real kubectl, the next one of PATH, for all
 * else.  What the real kubectl makes of exec is tested by other tests. */
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

/* port_of finds the server's port in the kubeconfig. */
static int
port_of(const char *kubeconfig)
{
    static char text[1 << 16];
    int fd = open(kubeconfig, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    const char *found = size > 0 ? strstr(text, "http://127.0.0.1:") : NULL;
    if (!found)
        FAIL("kubectl: no recorded server in %s\n", kubeconfig);
    return (int)strtol(found + strlen("http://127.0.0.1:"), NULL, 10);
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
