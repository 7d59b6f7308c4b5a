/*
 * limit: the physical limit of WebSocket fan-out on one core, to compare servers with (Linux, no dependencies).
 *
 *     cc -O2 -o limit limit.c && ./limit -p 8080 [-b K] [-e] [-w]
 *
 * One thread, one epoll, nothing but the sockets. A GET with a Sec-WebSocket-Key is upgraded whatever its path; a POST's body
 * goes to every WebSocket as a text frame and is then answered 202; a text or binary frame from a WebSocket goes to every
 * WebSocket, too, or with -e only back to its sender. No TLS, no fragments, no pings, no checks that the limit does not need.
 *
 *     -b 1  (default) one send per frame and connection
 *     -b K  coalesced: K frames are encoded one behind the other and leave in one send per connection; what is left after 5 ms
 *           without events goes as it is
 *     -b 0  coalesced by turn: the frames that one turn of the loop brought leave in one send per connection
 *
 * With -w it is an application server instead: every request is answered 200 with its own body as text, which lets clients in
 * and sends each event back to who raised it, and any origin may send events here.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024, BATCH_MAX = 4 << 20, BACKLOG_MAX = 64 << 20, FILES = 1 << 20, FLUSH_MS = 5 };

typedef struct { int fd, place; char open, dead; uint8_t *in, *out; size_t in_len, in_cap, out_len, out_cap; } Conn;

static Conn *listeners[FILES], *graves[4096];
static int listening, graves_dug, batch = 1, echo, webhook, queued, epoll_fd;
static uint8_t frames[BATCH_MAX], read_buffer[READ_SIZE];
static size_t frames_len;

/* ---- the accept key: base64(sha1(key + GUID)) ------------------------------------------------------------------------ */

static void sha1_block(uint32_t h[5], const uint8_t *p) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
        if (i < 16) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
        else { uint32_t x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]; w[i] = x << 1 | x >> 31; }
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        static const uint32_t k[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
        uint32_t t = (a << 5 | a >> 27) + f + e + k[i / 20] + w[i];
        e = d; d = c; c = b << 30 | b >> 2; b = a; a = t;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
}

static void accept_key(const char *key, char to[29]) {       /* a key has 24 characters, so 60 bytes are hashed: two blocks */
    uint8_t text[128] = { 0 }, sum[21] = { 0 };
    uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    memcpy(text, key, 24);
    memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    text[60] = 0x80;
    text[126] = 60 * 8 >> 8; text[127] = (uint8_t)(60 * 8);
    sha1_block(h, text); sha1_block(h, text + 64);
    for (int i = 0; i < 20; i++) sum[i] = h[i / 4] >> (24 - i % 4 * 8);
    for (int i = 0; i < 7; i++) {
        uint32_t v = sum[3 * i] << 16 | sum[3 * i + 1] << 8 | sum[3 * i + 2];
        for (int k = 0; k < 4; k++) to[4 * i + k] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[v >> (18 - 6 * k) & 63];
    }
    to[27] = '='; to[28] = 0;
}

/* ---- connections ----------------------------------------------------------------------------------------------------- */

static void watch(Conn *c, int op) {
    struct epoll_event e = { .events = EPOLLIN | (c->out_len ? EPOLLOUT : 0), .data.ptr = c };
    epoll_ctl(epoll_fd, op, c->fd, &e);
}

static void bury(Conn *c) {                  /* freed after the loop's turn: events of this turn may still point here */
    if (c->dead) return;
    c->dead = 1;
    if (c->open) { listeners[c->place] = listeners[--listening]; listeners[c->place]->place = c->place; }
    close(c->fd);
    if (graves_dug < 4096) graves[graves_dug++] = c;
}

static void flush(Conn *c) {
    size_t had = c->out_len, done = 0;
    while (done < c->out_len) {
        ssize_t w = send(c->fd, c->out + done, c->out_len - done, MSG_NOSIGNAL);
        if (w < 0) { if (errno != EAGAIN) { bury(c); return; } break; }
        done += w;
    }
    memmove(c->out, c->out + done, c->out_len -= done);
    if (had && !c->out_len) { free(c->out); c->out = NULL; c->out_cap = 0; watch(c, EPOLL_CTL_MOD); }
}

static void put(Conn *c, const uint8_t *data, size_t n) {
    ssize_t w = c->out_len ? 0 : send(c->fd, data, n, MSG_NOSIGNAL);
    if (w == (ssize_t)n) return;
    if (w < 0) { if (errno != EAGAIN) { bury(c); return; } w = 0; }
    size_t had = c->out_len, left = n - w;
    if (had + left > BACKLOG_MAX) { bury(c); return; }
    if (had + left > c->out_cap) c->out = realloc(c->out, c->out_cap = (had + left) * 2);
    memcpy(c->out + had, data + w, left);
    c->out_len = had + left;
    if (!had) watch(c, EPOLL_CTL_MOD);
}

static size_t encode(uint8_t *to, int opcode, const uint8_t *body, size_t n) {
    uint8_t *p = to;
    *p++ = 0x80 | opcode;
    if (n < 126) *p++ = n;
    else if (n < 65536) { *p++ = 126; *p++ = n >> 8; *p++ = n; }
    else { *p++ = 127; for (int s = 56; s >= 0; s -= 8) *p++ = (uint64_t)n >> s; }
    memcpy(p, body, n);
    return p + n - to;
}

static void send_queued(void) {
    for (int i = listening; i-- > 0; ) put(listeners[i], frames, frames_len);   /* downwards: bury() moves the last one here */
    queued = 0;
    frames_len = 0;
}

static void broadcast(int opcode, const uint8_t *body, size_t n) {
    if (n + 16 > BATCH_MAX) return;
    if (frames_len + n + 16 > BATCH_MAX) send_queued();
    frames_len += encode(frames + frames_len, opcode, body, n);
    if (++queued >= batch && batch) send_queued();
}

/* ---- what arrives: each returns the bytes used, 0 for "not whole yet" ------------------------------------------------- */

static const char *header(const char *head, const char *end, const char *name) {
    for (const char *p = head; p < end && (p = memchr(p, '\n', end - p)); )
        if (++p < end && !strncasecmp(p, name, strlen(name))) { p += strlen(name); return p + strspn(p, " "); }
    return NULL;
}

static void answer_event(Conn *c, const uint8_t *body, size_t n) {
    static char answer[BATCH_MAX];
    if (n > BATCH_MAX / 2) { bury(c); return; }
    int m = sprintf(answer, "HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", n);
    memcpy(answer + m, body, n);
    put(c, (uint8_t *)answer, m + n);
}

static size_t on_http(Conn *c, const uint8_t *bytes, size_t n) {
    const char *d = (const char *)bytes, *end = memmem(d, n, "\r\n\r\n", 4);
    if (!end) return 0;
    const char *length = header(d, end, "content-length:"), *key = header(d, end, "sec-websocket-key:");
    const char *subprotocol = header(d, end, "sec-websocket-protocol:");
    size_t head = end - d + 4, body = length ? strtoul(length, NULL, 10) : 0;
    if (n < head + body) return 0;
    char answer[512], accepted[29];
    if (key && end - key >= 24) {
        accept_key(key, accepted);
        int m = sprintf(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n", accepted);
        if (subprotocol) m += sprintf(answer + m, "Sec-WebSocket-Protocol: %.*s\r\n", (int)(strcspn(subprotocol, ",\r") & 127), subprotocol);
        m += sprintf(answer + m, "\r\n");
        c->open = 1;
        c->place = listening;
        listeners[listening++] = c;
        put(c, (uint8_t *)answer, m);
    } else if (webhook) {
        answer_event(c, bytes + head, body);
    } else {
        int post = !memcmp(d, "POST ", 5);
        if (post) broadcast(1, bytes + head, body);
        put(c, (uint8_t *)answer, sprintf(answer, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", post ? "202 Accepted" : "404 Not Found"));
    }
    return head + body;
}

static size_t on_frame(Conn *c, uint8_t *d, size_t n) {
    if (n < 2) return 0;
    size_t head = 2, len = d[1] & 127;
    int opcode = d[0] & 15;
    if (len == 126) { head = 4; if (n < head) return 0; len = d[2] << 8 | d[3]; }
    else if (len == 127) { head = 10; if (n < head) return 0; len = 0; for (int i = 2; i < 10; i++) len = len << 8 | d[i]; }
    if (!(d[1] & 0x80) || len > BATCH_MAX / 2) { bury(c); return 0; }
    if (n < head + 4 + len) return 0;
    uint8_t *mask = d + head, *body = mask + 4;
    for (size_t i = 0; i < len; i++) body[i] ^= mask[i & 3];
    if (opcode == 8) bury(c);
    else if (opcode < 3 && echo) { static uint8_t one[BATCH_MAX]; put(c, one, encode(one, opcode, body, len)); }
    else if (opcode < 3) broadcast(opcode, body, len);
    return head + 4 + len;
}

static void on_readable(Conn *c) {
    uint8_t *buffer = read_buffer;
    size_t have = 0, room = READ_SIZE, used = 0, step;
    if (c->in_len) {                         /* something has begun: read on behind it */
        if (c->in_cap - c->in_len < 4096) c->in = realloc(c->in, c->in_cap = c->in_cap * 2 + 8192);
        buffer = c->in; have = c->in_len; room = c->in_cap - have;
    }
    ssize_t r = recv(c->fd, buffer + have, room, 0);
    if (r <= 0) { if (!r || errno != EAGAIN) bury(c); return; }
    have += r;
    do step = c->open ? on_frame(c, buffer + used, have - used) : on_http(c, buffer + used, have - used);
    while (step && (used += step) < have && !c->dead);
    if (c->dead) return;
    if (buffer == read_buffer && used < have) c->in = realloc(c->in, c->in_cap = have - used + 4096);
    if (used < have) memmove(c->in, buffer + used, have - used);
    if (!(c->in_len = have - used) && c->in) { free(c->in); c->in = NULL; c->in_cap = 0; }
}

int main(int argc, char **argv) {
    int port = 8080, one = 1;
    for (int o; (o = getopt(argc, argv, "p:b:ew")) != -1; ) switch (o) {
        case 'p': port = atoi(optarg); break;
        case 'b': batch = atoi(optarg); break;
        case 'e': echo = 1; break;
        case 'w': webhook = 1; break;
        default: fputs("limit [-p PORT] [-b FRAMES_PER_SEND] [-e] [-w]   on 127.0.0.1; -e echoes instead of broadcasting, -w answers webhooks\n", stderr); return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files); files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    Conn door = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) };
    setsockopt(door.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(door.fd, (void *)&a, sizeof a) || listen(door.fd, 4096)) { perror("limit"); return 1; }
    epoll_fd = epoll_create1(0);
    watch(&door, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event events[512];
        int k = epoll_wait(epoll_fd, events, 512, queued ? FLUSH_MS : -1);
        if (!k) send_queued();
        for (int i = 0; i < k; i++) {
            Conn *c = events[i].data.ptr;
            if (c == &door) {
                for (int fd; (fd = accept4(door.fd, NULL, NULL, SOCK_NONBLOCK)) >= 0; ) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    Conn *new = calloc(1, sizeof *new);
                    new->fd = fd;
                    watch(new, EPOLL_CTL_ADD);
                }
                continue;
            }
            if (!c->dead && events[i].events & EPOLLOUT) flush(c);
            if (!c->dead && events[i].events & ~EPOLLOUT) on_readable(c);
        }
        if (queued && !batch) send_queued();
        while (graves_dug) { Conn *c = graves[--graves_dug]; free(c->in); free(c->out); free(c); }
    }
}
