/*
 * wsload: a WebSocket load generator for one core, without dependencies (Linux, glibc 2.35 or newer).
 *
 *     cc -O2 -o wsload wsload.c && ./wsload -h
 *
 * One thread, one epoll. It opens N connections, optionally sends each some text frames (to join a group, say), then counts
 * what arrives during a measured window and prints one line of JSON. It can send, too: from the first K connections (an echo
 * or a publish in a group) or as HTTP POSTs (a REST publish) over connections of their own. docs/performance.md explains the
 * line.
 *
 * What is read from a payload (wherever it stands in the first 1,024 bytes of a frame):
 *     t=<decimal>   CLOCK_REALTIME; the first 16 digits are taken as microseconds, so a nanosecond clock may be written whole
 *     s=<n>         sequence number of the only publisher, or s=<publisher>.<n>; per publisher it must grow by one
 *
 * What a template may hold: {i} index of the connection, {t} and {s} the values above, {n} a number that grows by one with
 * every frame of the connection (an ackId), {v} the same as a protobuf varint of five bytes, {pad} filler up to the size
 * given by -z.
 *
 * Reliable clients (-A): of each frame the newest sequence id is kept, in JSON the member "sequenceId", in a binary frame that
 * of a DataMessage of webpubsub.proto. Each connection acknowledges it once in so many milliseconds, one after the other, as
 * clients do that came at different times. At the end they close with 1000, so that a server keeps nothing for them.
 *
 * Recovery (-q): all connections are cut by a reset, messages are sent by POST, then all connections come back at once by the
 * connectionId and reconnectionToken that their `connected` frames told (JSON). The line then has "cut_s", from the first cut
 * until the last POST was answered, "reconnected_s" until the last `connected` frame, and "recovered_s" until the last of the
 * messages that were missed, all from the first cut.
 *
 * Clock: the time written is the moment at which the frame was DUE, not that at which the socket took it, so a server that
 * pushes back cannot hide its delay. A frame has arrived when the read that brought its end returned.
 *
 * Order: the publishers of this process begin at 0 and must arrive whole at every connection that hears them; of another
 * process's publisher the first number seen is the beginning. Numbers are followed from the first frame to the last, also
 * outside the measured window.
 *
 * Exit: 0 all well; 1 a connection failed or was closed, or a POST was not answered 2xx; 2 wrong use; 3 frames lost,
 * duplicated, reordered or missing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024, FRAME_MAX = 4 << 20, BACKLOG = 1 << 20, ARGUMENT_MAX = 8192, SCAN = 1024, PER_ADDRESS = 20000,
       MAX_LIST = 8, STALL_SECONDS = 30, LEAVE_SECONDS = 5 };

/* ---- options -------------------------------------------------------------------------------------------------------- */

static struct {
    int port, conns, dial_at_once, senders, window, posters, size, offset, batch, ack_ms, expect, lots, cuts;
    double dial_rate, settle, warmup, seconds, rate;
    const char *path, *subprotocol, *post_path, *message, *joined;
    const char *header[MAX_LIST], *post_header[MAX_LIST], *join[MAX_LIST];
    int headers, post_headers, joins, pid[MAX_LIST], pids, flood, numbered, binary, verbose;
} opt = { .port = 8080, .conns = 100, .dial_at_once = 64, .settle = 0.3, .warmup = 1, .seconds = 5,
          .path = "/", .size = 64, .batch = 1, .message = "t={t} s={s} {pad}" };

static _Noreturn void usage(void) {
    puts("wsload [options]   all on 127.0.0.1; PATH, LINE and TEXT are templates\n"
         " -p PORT  -P PATH              where to                    -n N     WebSocket connections (100)\n"
         " -R RATE  connections opened per second (0: no limit)      -C N     handshakes under way at once (64)\n"
         " -H LINE  header of the handshake (repeatable)             -S NAME  subprotocol\n"
         " -j TEXT  text frame sent after opening (repeatable)       -J TEXT  then wait until a frame holds TEXT\n"
         " -i SEC   idle between opening and warm-up (0.3)           -w SEC   warm-up (1)\n"
         " -t SEC   measured window (5); 0: only open and idle       -c PID   measure this server process (repeatable)\n"
         " -k K     the first K connections send                     -r RATE  frames per second, all together\n"
         " -x N     instead of -r: each keeps N frames unanswered    -f       instead of -r: each sends all its socket takes\n"
         " -m TEXT  frame or body sent                               -z SIZE  its size in bytes, made up by {pad} (64)\n"
         " -u PATH  POST -m there instead, over -U N connections (1); -r as above, else each posts when its last was answered\n"
         " -T LINE  header of the POST (repeatable)                  -e N     every frame sent must reach N connections\n"
         " -A MS    acknowledge \"sequenceId\" every MS ms             -o N     first index {i} (for several generators)\n"
         " -b N     frames per write with -f (1)                     -v       tell progress and every failure on stderr\n"
         " -B       frames sent are binary                           -q N     then cut all, POST -m N times, recover all\n"
         " -s N     open in N lots; after each the first connection alone sends -j, and waits until a frame comes");
    exit(0);
}

static _Noreturn void wrong_use(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("wsload: ", stderr); vfprintf(stderr, format, list); fputs(" (-h tells the options)\n", stderr);
    exit(2);
}

/* ---- clocks and the latency histogram ------------------------------------------------------------------------------- */

static double seconds_of(clockid_t id) { struct timespec t; clock_gettime(id, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static double now(void) { return seconds_of(CLOCK_MONOTONIC); }
static uint64_t wall_us(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }

/* 64 steps per power of two: at most 1.6 % below the value. */
static uint64_t histogram[64 * 64], latency_max;
static void record(uint64_t us) {
    int high = us < 128 ? 0 : 63 - __builtin_clzll(us) - 6;
    histogram[high * 64 + (us >> high)]++;
    if (us > latency_max) latency_max = us;
}
static double percentile_ms(double share) {
    uint64_t all = 0, seen = 0;
    for (int i = 0; i < 64 * 64; i++) all += histogram[i];
    for (int i = 0; i < 64 * 64; i++)
        if (histogram[i] && (seen += histogram[i]) >= all * share) {
            int high = i < 128 ? 0 : i / 64 - 1;
            return ((uint64_t)(i - high * 64) << high) / 1000.0;
        }
    return 0;
}

/* ---- connections ---------------------------------------------------------------------------------------------------- */

/* What one connection has seen of one publisher: the first and the newest number and, in a bit each, the 64 up to the newest. */
typedef struct { uint32_t publisher, used; uint64_t first, newest, seen; } Track;

typedef enum { DIALING, SHAKING, JOINING, OPEN, POSTING, REDIAL, DEAD } State;
typedef struct {
    int fd, index;
    State state;
    uint8_t is_post, was_open, wants_write, busy;
    uint8_t *in, *out;                       /* partial frame; bytes the socket did not take */
    uint32_t in_len, in_cap, out_len, out_cap;
    uint64_t next_seq, next_number, posted_at, sequence_id, sequence_acked;
    char *recovery;                          /* the query by which it may come back, with -q */
    Track *tracks; uint32_t track_cap, track_count;
} Conn;

static Conn *conns;
static int total, epoll_fd, dialed, dialing, opened, failed, closed, measuring, sending, leaving;
static uint64_t frames, stamped, payload_bytes, sent, posted, post_sum, post_max, unsent;                     /* in the window */
static uint64_t frames_all, sent_all, delivered_all, post_errors, lost, duplicated, reordered;                /* in the whole run */
static uint64_t arrived_us, reads;                       /* reads: those that brought a receiver something in the window */
static uint8_t read_buffer[READ_SIZE], mask[4];

static int gone(Conn *c) { return c->state >= REDIAL; }

/* The first failure is always told, the others with -v; the report has their number. */
static void tell(Conn *c, const char *format, ...) {
    static int told;
    va_list list;
    if (leaving || (told++ && !opt.verbose)) return;
    fprintf(stderr, "wsload: %s %d, port %d: ", c->is_post ? "poster" : "connection", c->index + opt.offset, opt.port);
    va_start(list, format); vfprintf(stderr, format, list); va_end(list);
    fputs(opt.verbose ? "\n" : " (-v tells every failure)\n", stderr);
}

static void watch(Conn *c, int op) {
    struct epoll_event e = { .events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c };
    epoll_ctl(epoll_fd, op, c->fd, &e);
}

/* Gives a connection up; a POST connection is dialed again, since HTTP lets a server end it between two requests. */
static void drop(Conn *c) {
    if (gone(c)) return;
    if (c->state < OPEN) dialing--;
    if (c->state == OPEN) opened--;
    if (c->state == POSTING) post_errors += c->busy;
    else if (c->was_open) closed += !leaving;
    else failed++;
    c->state = c->state == POSTING ? REDIAL : DEAD;
    close(c->fd);
}

static void flush(Conn *c) {
    while (c->out_len) {
        ssize_t w = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
        if (w < 0) { if (errno != EAGAIN) { tell(c, "send: %s", strerror(errno)); drop(c); } break; }
        memmove(c->out, c->out + w, c->out_len -= w);
    }
    if (!gone(c) && c->wants_write != (c->out_len > 0)) { c->wants_write = c->out_len > 0; watch(c, EPOLL_CTL_MOD); }
}

static void put(Conn *c, const void *data, size_t n) {
    if (!c->out_len) {                       /* the usual case: nothing waits, so spare the copy */
        ssize_t w = send(c->fd, data, n, MSG_NOSIGNAL);
        if (w == (ssize_t)n) return;
        if (w < 0 && errno != EAGAIN) { tell(c, "send: %s", strerror(errno)); drop(c); return; }
        if (w > 0) data = (const char *)data + w, n -= w;
    }
    if (c->out_len + n > c->out_cap) c->out = realloc(c->out, c->out_cap = (c->out_len + n) * 2);
    memcpy(c->out + c->out_len, data, n);
    c->out_len += n;
    flush(c);
}

static size_t frame_into(uint8_t *to, int opcode, const char *text, size_t n) {
    uint8_t *p = to;
    *p++ = 0x80 | opcode;
    if (n < 126) *p++ = 0x80 | n;
    else if (n < 65536) { *p++ = 0x80 | 126; *p++ = n >> 8; *p++ = n; }
    else { *p++ = 0x80 | 127; for (int s = 56; s >= 0; s -= 8) *p++ = (uint64_t)n >> s; }
    memcpy(p, mask, 4); p += 4;
    for (size_t i = 0; i < n; i++) *p++ = text[i] ^ mask[i & 3];
    return p - to;
}

static int data_frame(void) { return opt.binary ? 2 : 1; }

static void put_frame(Conn *c, int opcode, const char *text, size_t n) {
    static uint8_t buffer[FRAME_MAX + 16];
    put(c, buffer, frame_into(buffer, opcode, text, n));
}

/* ---- templates ------------------------------------------------------------------------------------------------------ */

static size_t fill(char *to, const char *template, Conn *c, uint64_t due_us, int size) {
    char *p = to, *pad_at = NULL;
    for (const char *q = template; *q; ) {
        if (*q == '{' && q[1] && q[2] == '}' && strchr("itsnv", q[1])) {
            if (q[1] == 'i') p += sprintf(p, "%d", c->index + opt.offset);
            if (q[1] == 't') p += sprintf(p, "%llu", (unsigned long long)due_us);
            if (q[1] == 's') p += sprintf(p, "%d.%llu", c->index + opt.offset, (unsigned long long)c->next_seq++);
            if (q[1] == 'n') p += sprintf(p, "%llu", (unsigned long long)++c->next_number);
            if (q[1] == 'v') {               /* overlong, which protobuf allows: the frame's lengths stay what they are */
                uint64_t number = ++c->next_number;
                for (int k = 0; k < 5; k++, number >>= 7) *p++ = (number & 127) | (k < 4 ? 128 : 0);
            }
            q += 3;
        } else if (!strncmp(q, "{pad}", 5)) pad_at = p, q += 5;
        else *p++ = *q++;
    }
    int more = size - (int)(p - to);
    if (pad_at && more > 0) { memmove(pad_at + more, pad_at, p - pad_at); memset(pad_at, 'x', more); p += more; }
    *p = 0;
    return p - to;
}

static char text[FRAME_MAX], request[FRAME_MAX];          /* templates are short and -z is at most half of this: they fit */

static void send_message(Conn *c, uint64_t due_us) {
    size_t n = fill(text, opt.message, c, due_us, opt.size);
    put_frame(c, data_frame(), text, n);
    sent_all++;
    if (measuring) sent++;
}

static void send_post(Conn *c, uint64_t due_us) {
    size_t n = fill(text, opt.message, c, due_us, opt.size), h = sprintf(request, "POST ");
    h += fill(request + h, opt.post_path, c, due_us, 0);
    h += sprintf(request + h, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %zu\r\n", opt.port, n);
    for (int i = 0; i < opt.post_headers; i++) { h += fill(request + h, opt.post_header[i], c, due_us, 0); h += sprintf(request + h, "\r\n"); }
    h += sprintf(request + h, "\r\n");
    memcpy(request + h, text, n);
    c->busy = 1;
    c->posted_at = due_us;
    put(c, request, h + n);
    if (measuring) sent++;
}

/* ---- what arrives --------------------------------------------------------------------------------------------------- */

/* Where the number after a marker such as "t=" begins, or NULL. */
static const char *marked(const char *data, size_t n, char letter) {
    for (const char *p = data, *end = data + n; (p = memchr(p, '=', end - p)); p++)
        if (p > data && p[-1] == letter && p + 1 < end && isdigit((uint8_t)p[1]) && (p - 1 == data || !isalnum((uint8_t)p[-2]))) return p + 1;
    return NULL;
}

static uint64_t digits(const char **p, const char *end, int most) {
    uint64_t value = 0;
    for (; *p < end && most-- && isdigit((uint8_t)**p); ++*p) value = value * 10 + (**p - '0');
    return value;
}

static Track *track_of(Conn *c, uint32_t publisher) {
    if (c->track_count * 2 >= c->track_cap) {
        Track *old = c->tracks; uint32_t cap = c->track_cap;
        c->tracks = calloc(c->track_cap = cap ? cap * 2 : 2, sizeof(Track));
        c->track_count = 0;
        for (uint32_t i = 0; i < cap; i++) if (old[i].used) *track_of(c, old[i].publisher) = old[i];
        free(old);
    }
    uint32_t at = publisher & (c->track_cap - 1);
    while (c->tracks[at].used && c->tracks[at].publisher != publisher) at = (at + 1) & (c->track_cap - 1);
    if (!c->tracks[at].used) { c->tracks[at] = (Track){ .publisher = publisher, .used = 1 }; c->track_count++; }
    return &c->tracks[at];
}

static int is_own(uint32_t publisher) { return publisher - opt.offset < (uint32_t)total; }

/* A number that skips ahead counts the skipped ones as lost; one that comes late takes that back and counts as reordered. One
 * that is late by 64 or more may be a duplicate as well: it counts as reordered and stays lost. */
static void follow(Conn *c, uint32_t publisher, uint64_t number) {
    Track *t = track_of(c, publisher);
    int own = is_own(publisher), fresh = 1;
    if (!t->seen) {
        t->first = own ? 0 : number;
        t->newest = number;
        t->seen = 1;
        lost += number - t->first;
    } else if (number > t->newest) {
        uint64_t step = number - t->newest;
        lost += step - 1;
        t->seen = step < 64 ? t->seen << step | 1 : 1;
        t->newest = number;
    } else if (t->newest - number < 64) {
        uint64_t bit = 1ull << (t->newest - number);
        if (t->seen & bit) duplicated++, fresh = 0; else { reordered++; if (number >= t->first) lost--; t->seen |= bit; }
    } else reordered++, fresh = 0;
    delivered_all += own && fresh;
}

static uint64_t varint(const uint8_t **p, const uint8_t *end) {
    uint64_t value = 0;
    for (int shift = 0; *p < end && shift < 64; shift += 7) {
        value |= (uint64_t)(**p & 127) << shift;
        if (!(*(*p)++ & 128)) break;
    }
    return value;
}

/* The sequence id of a reliable message; 0 if this is none. */
static uint64_t sequence_id_of(const char *data, size_t n, int is_binary) {
    if (!is_binary) {
        const char *id = memmem(data, n < SCAN ? n : SCAN, "\"sequenceId\":", 13);
        return id ? id += 13, digits(&id, data + n, 20) : 0;
    }
    const uint8_t *p = (const uint8_t *)data, *end = p + n;
    if (!n || *p++ != 0x12) return 0;        /* DownstreamMessage.data_message */
    varint(&p, end);
    while (p < end) {
        uint64_t key = varint(&p, end), value = varint(&p, end);
        if (key == 0x20) return value;       /* DataMessage.sequence_id */
        if ((key & 7) > 2 || (key & 7) == 1 || value > (uint64_t)(end - p)) return 0;
        if ((key & 7) == 2) p += value;
    }
    return 0;
}

/* Keeps what a `connected` frame tells a client to come back with. */
static void note_recovery(Conn *c, const char *data, size_t n) {
    const char *id = memmem(data, n, "\"connectionId\":\"", 16), *token = memmem(data, n, "\"reconnectionToken\":\"", 21);
    if (!id || !token) return;
    id += 16, token += 21;
    free(c->recovery);
    if (asprintf(&c->recovery, "awps_connection_id=%.*s&awps_reconnection_token=%.*s", (int)strcspn(id, "\""), id, (int)strcspn(token, "\""), token) < 0) exit(1);
}

static void on_message(Conn *c, const char *data, size_t n, int is_binary) {
    size_t scan = n < SCAN ? n : SCAN;
    const char *end = data + n, *t = marked(data, scan, 't'), *s = marked(data, scan, 's');
    int answer = !opt.numbered;              /* is this what the connection sent, come back? */
    if (c->state == JOINING && opt.cuts) note_recovery(c, data, scan);
    if (c->state == JOINING && memmem(data, scan, opt.joined, strlen(opt.joined))) { c->state = OPEN; c->was_open = 1; dialing--; opened++; }
    if (opt.ack_ms) {
        uint64_t id = sequence_id_of(data, n, is_binary);
        if (id > c->sequence_id) c->sequence_id = id;
    }
    if (s) {
        uint32_t publisher = 0xffffffff;
        uint64_t number = digits(&s, end, 20);
        if (s + 1 < end && *s == '.' && isdigit((uint8_t)s[1])) { publisher = number; s++; number = digits(&s, end, 20); }
        follow(c, publisher, number);
        answer = publisher == (uint32_t)(c->index + opt.offset);
    }
    frames_all++;
    if (measuring) {
        frames++; payload_bytes += n;
        const char *from = t;
        uint64_t us = t ? digits(&t, end, 16) : 0;
        if (t && t - from == 16) { stamped++; record(arrived_us > us ? arrived_us - us : 0); }
    }
    if (opt.window && sending && c->index < opt.senders && c->state == OPEN && answer) send_message(c, wall_us());
}

/* Takes the frames that are whole, returns the bytes used. A message in fragments counts once, by its first. */
static size_t on_bytes(Conn *c, const uint8_t *d, size_t n) {
    size_t at = 0;
    while (n - at >= 2 && !gone(c)) {
        size_t head = 2, len = d[at + 1] & 127;
        int opcode = d[at] & 15;
        if (len == 126) { head = 4; if (n - at < head) break; len = d[at + 2] << 8 | d[at + 3]; }
        else if (len == 127) { head = 10; if (n - at < head) break; len = 0; for (int i = 2; i < 10; i++) len = len << 8 | d[at + i]; }
        if (d[at] & 0x70 || d[at + 1] & 0x80 || (opcode > 2 && opcode < 8) || opcode > 10 || (opcode > 7 && len > 125) || len > 1u << 30) {
            tell(c, "not a server's frame: %02x %02x", d[at], d[at + 1]); drop(c); break;
        }
        if (n - at < head + len) break;
        const char *body = (const char *)d + at + head;
        at += head + len;
        if (opcode == 9) put_frame(c, 10, body, len);
        else if (opcode == 8) {
            tell(c, "closed by the server: %d %.*s", len > 1 ? (uint8_t)body[0] << 8 | (uint8_t)body[1] : 0, len > 2 ? (int)len - 2 : 0, body + 2);
            drop(c);
        } else if (opcode == 1 || opcode == 2) on_message(c, body, len, opcode == 2);
        else if (!opcode && measuring) payload_bytes += len;
    }
    return at;
}

/* The value of a header within a head that ends in an empty line, or NULL. */
static const char *header_of(const char *head, const char *end, const char *name) {
    for (const char *p = head; p < end && (p = memchr(p, '\n', end - p)); )
        if (++p < end && !strncasecmp(p, name, strlen(name)) && p[strlen(name)] == ':') return p + strlen(name) + 1 + (p[strlen(name) + 1] == ' ');
    return NULL;
}

static size_t on_handshake(Conn *c, const uint8_t *bytes, size_t n) {
    const char *d = (const char *)bytes, *end = memmem(d, n, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end - d + 4;
    const char *problem = head < 12 || memcmp(d, "HTTP/1.1 101", 12) ? "upgrade refused"
        : !memmem(d, head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28) ? "wrong Sec-WebSocket-Accept"
        : opt.subprotocol && !header_of(d, end, "sec-websocket-protocol") ? "no subprotocol chosen" : NULL;
    if (problem) {
        tell(c, "%s: %.*s", problem, opt.verbose ? (int)(n > 500 ? 500 : n) : (int)strcspn(d, "\r\n"), d);
        drop(c);
        return n;
    }
    c->state = opt.joined ? JOINING : OPEN;
    if (c->state == OPEN) c->was_open = 1, dialing--, opened++;
    for (int i = 0; i < opt.joins && !opt.lots && !gone(c); i++) put_frame(c, data_frame(), text, fill(text, opt.join[i], c, wall_us(), 0));
    return head;
}

static size_t on_post_answer(Conn *c, const uint8_t *bytes, size_t n) {
    const char *d = (const char *)bytes, *end = memmem(d, n, "\r\n\r\n", 4);
    if (!end) return 0;
    const char *length = header_of(d, end, "content-length"), *coding = header_of(d, end, "transfer-encoding"), *connection = header_of(d, end, "connection");
    size_t used = end - d + 4;
    if (length) used += strtoul(length, NULL, 10);
    else if (coding && !strncasecmp(coding, "chunked", 7)) {
        const char *last = memmem(end + 2, d + n - end - 2, "\r\n0\r\n\r\n", 7);
        if (!last) return 0;
        used = last + 7 - d;
    }
    if (n < used) return 0;
    uint64_t took = wall_us() - c->posted_at;
    int good = used > 12 && d[9] == '2';
    c->busy = 0;
    if (good) sent_all++; else { post_errors++; tell(c, "POST: %.*s", opt.verbose ? (int)(used > 500 ? 500 : used) : (int)strcspn(d, "\r\n"), d); }
    if (measuring && good) { posted++; post_sum += took; if (took > post_max) post_max = took; }
    if (connection && !strncasecmp(connection, "close", 5)) drop(c);
    else if (!opt.rate && sending) send_post(c, wall_us());
    return used;
}

static void on_readable(Conn *c) {
    uint8_t *buffer = read_buffer; size_t have = 0, room = READ_SIZE;
    if (c->in_len) {                         /* a frame has begun: read on behind it */
        if (c->in_cap - c->in_len < 4096) c->in = realloc(c->in, c->in_cap = c->in_cap * 2 + 8192);
        buffer = c->in; have = c->in_len; room = c->in_cap - have;
    }
    ssize_t r = recv(c->fd, buffer + have, room, 0);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0) {
        static const char *const doing[] = { "dialing", "the handshake", "joining", "the run", "a POST" };
        if (c->state != POSTING || c->busy) tell(c, "closed during %s: %s", doing[c->state], r ? strerror(errno) : "end of stream");
        drop(c);
        return;
    }
    if (measuring) arrived_us = wall_us(), reads += c->state == OPEN;
    have += r;
    size_t used = 0, step;
    do {
        step = c->state == SHAKING ? on_handshake(c, buffer + used, have - used)
             : c->state == POSTING ? on_post_answer(c, buffer + used, have - used)
             : on_bytes(c, buffer + used, have - used);
        used += step;
    } while (step && used < have && !gone(c));
    if (gone(c)) return;
    size_t left = have - used;
    if (buffer == c->in) memmove(c->in, c->in + used, left);
    else if (left) {
        if (left > c->in_cap) c->in = realloc(c->in, c->in_cap = left + 4096);
        memcpy(c->in, buffer + used, left);
    }
    if (!(c->in_len = left) && c->in) { free(c->in); c->in = NULL; c->in_cap = 0; }
}

/* ---- opening -------------------------------------------------------------------------------------------------------- */

static void dial(Conn *c) {
    struct sockaddr_in a = { .sin_family = AF_INET };
    int one = 1, place = (c->index + opt.offset) / PER_ADDRESS;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) { perror("wsload: socket"); exit(1); }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (place) {                             /* 127.0.0.2 and up: 28,000 ports an address are not enough */
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK + place);
        if (bind(c->fd, (void *)&a, sizeof a)) perror("wsload: bind");
    }
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(opt.port);
    dialing++;
    c->state = DIALING;
    c->wants_write = 1;
    c->busy = c->in_len = c->out_len = 0;
    if (connect(c->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) { tell(c, "connect: %s", strerror(errno)); drop(c); return; }
    watch(c, EPOLL_CTL_ADD);
}

static void on_connected(Conn *c) {
    int error = 0; socklen_t n = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) { tell(c, "connect: %s", strerror(error)); drop(c); return; }
    c->wants_write = 0;
    watch(c, EPOLL_CTL_MOD);
    if (c->is_post) {
        c->state = POSTING; c->was_open = 1; dialing--;
        if (sending && !opt.rate) send_post(c, wall_us());
        return;
    }
    c->state = SHAKING;
    size_t h = sprintf(request, "GET ");
    if (c->recovery) h += sprintf(request + h, "%.*s?%s", (int)strcspn(opt.path, "?"), opt.path, c->recovery);
    else h += fill(request + h, opt.path, c, 0, 0);
    h += sprintf(request + h, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n", opt.port);
    if (opt.subprotocol) h += sprintf(request + h, "Sec-WebSocket-Protocol: %s\r\n", opt.subprotocol);
    for (int i = 0; i < opt.headers; i++) { h += fill(request + h, opt.header[i], c, 0, 0); h += sprintf(request + h, "\r\n"); }
    h += sprintf(request + h, "\r\n");
    put(c, request, h);
}

/* ---- the server's processes ----------------------------------------------------------------------------------------- */

static double server_cpu(void) {
    double sum = 0;
    for (int i = 0; i < opt.pids; i++) {
        char name[64], line[1024]; unsigned long user = 0, system = 0;
        sprintf(name, "/proc/%d/stat", opt.pid[i]);
        FILE *f = fopen(name, "r"); if (!f) continue;
        if (fgets(line, sizeof line, f)) sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
        fclose(f);
        sum += (double)(user + system) / sysconf(_SC_CLK_TCK);
    }
    return sum;
}
static double server_rss(void) {
    double sum = 0;
    for (int i = 0; i < opt.pids; i++) {
        char name[64]; unsigned long pages = 0;
        sprintf(name, "/proc/%d/statm", opt.pid[i]);
        FILE *f = fopen(name, "r"); if (!f) continue;
        if (fscanf(f, "%*u %lu", &pages) != 1) pages = 0;
        fclose(f);
        sum += (double)pages * sysconf(_SC_PAGESIZE);
    }
    return sum;
}

/* ---- the run -------------------------------------------------------------------------------------------------------- */

static int flood(Conn *c) {                  /* writes -b frames unless the last ones still wait */
    static uint8_t buffer[2 * FRAME_MAX];
    if (c->state != OPEN || c->out_len) return 0;
    size_t n = 0;
    for (int k = 0; k < opt.batch && n < FRAME_MAX / 2; k++) {
        n += frame_into(buffer + n, data_frame(), text, fill(text, opt.message, c, wall_us(), opt.size));
        sent_all++;
        if (measuring) sent++;
    }
    put(c, buffer, n);
    return 1;
}

static void poll_once(double seconds) {
    struct epoll_event events[512];
    struct timespec wait = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };
    int k = epoll_pwait2(epoll_fd, events, 512, &wait, NULL);
    if (k < 0 && errno != EINTR) { perror("wsload: epoll_pwait2"); exit(1); }
    for (int i = 0; i < k; i++) {
        Conn *c = events[i].data.ptr;
        if (gone(c)) continue;
        if (c->state == DIALING) { on_connected(c); continue; }
        if (events[i].events & EPOLLOUT) flush(c);
        if (!gone(c) && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
    }
}

/* Opens the connections up to this one, those that are not dialed yet. */
static void open_until(int end) {
    double began = now(), told = began, moved = began;
    int before = -1, first = dialed;
    while (dialed < end || dialing) {
        double t = now();
        int due = opt.dial_rate ? first + (int)((t - began) * opt.dial_rate) + 1 : end;
        while (dialed < end && dialed < due && dialing < opt.dial_at_once) dial(&conns[dialed++]);
        poll_once(opt.dial_rate ? 0.001 : 0.01);
        if (dialed - dialing != before) before = dialed - dialing, moved = t;
        if (t - moved > STALL_SECONDS) { fprintf(stderr, "wsload: %d connections still not open after %d s without progress\n", dialing, STALL_SECONDS); break; }
        if (opt.verbose && t - told > 1) { told = t; fprintf(stderr, "open %d of %d, failed %d\n", opened, opt.conns, failed); }
    }
    failed += end - dialed + dialing;
}

/* The first connection says what those who come later shall not hear. */
static void first_speaks(void) {
    Conn *c = conns;
    uint64_t before = frames_all;
    for (int i = 0; i < opt.joins && c->state == OPEN; i++) put_frame(c, data_frame(), text, fill(text, opt.join[i], c, wall_us(), 0));
    for (double until = now() + 1; frames_all == before && c->state == OPEN && now() < until; ) poll_once(0.01);
}

static void open_all(void) {
    for (int lot = 1; lot <= opt.lots; lot++) {
        open_until((int)((long long)opt.conns * lot / opt.lots));
        first_speaks();
    }
    open_until(total);
}

static double schedule;                      /* when the frame number 0 of -r is due */

/* Sends what -r has due at the moment t; returns how long it is to the next. */
static double send_due(double t) {
    static uint64_t done;
    static int turn;
    Conn *posters = conns + opt.conns;
    uint64_t wall = wall_us();
    for (int burst = 0; burst < 1000; burst++, done++) {
        double ahead = schedule + done / opt.rate - t;
        if (ahead > 0) return ahead;
        uint64_t due_us = wall - (uint64_t)(-ahead * 1e6);
        if (opt.posters) {
            int tried = 0;
            while (tried < opt.posters && (posters[turn].busy || posters[turn].state != POSTING)) turn = (turn + 1) % opt.posters, tried++;
            if (tried == opt.posters) return 1;              /* an answer will end the wait */
            send_post(&posters[turn], due_us);
        } else {
            Conn *c = &conns[done % opt.senders];
            if (c->state == OPEN && c->out_len < BACKLOG) send_message(c, due_us); else if (measuring) unsent++;
        }
    }
    return 0;
}

/* Acknowledges for as many connections as are due since the last call: all of them once in -A ms, in turn. */
static void acknowledge(double t) {
    static double last, due;
    static int turn;
    due += (t - last) * opt.conns * 1000 / opt.ack_ms;
    if (due > opt.conns) due = opt.conns;
    for (last = t; due >= 1; due--, turn = (turn + 1) % opt.conns) {
        Conn *c = &conns[turn];
        if (c->state != OPEN || c->sequence_id == c->sequence_acked) continue;
        uint64_t id = c->sequence_acked = c->sequence_id;
        size_t n = 0;
        if (opt.binary) {                    /* UpstreamMessage.sequence_ack_message, its sequence_id */
            for (text[2] = 0x08, n = 3; id > 127; id >>= 7) text[n++] = (id & 127) | 128;
            text[n++] = id;
            text[0] = 0x42, text[1] = n - 2;
        } else n = sprintf(text, "{\"type\":\"sequenceAck\",\"sequenceId\":%llu}", (unsigned long long)id);
        put_frame(c, data_frame(), text, n);
    }
}

static void run(double seconds) {
    double until = now() + seconds;
    for (double t; (t = now()) < until; ) {
        double wait = until - t < 0.01 ? until - t : 0.01;
        if (sending) {
            for (int i = opt.conns; i < total; i++) if (conns[i].state == REDIAL) dial(&conns[i]);
            if (opt.flood) for (int i = 0; i < opt.senders; i++) if (flood(&conns[i])) wait = 0;
            if (opt.rate) { double next = send_due(t); if (next < wait) wait = next; }
        }
        poll_once(wait);
        if (opt.ack_ms) acknowledge(t);
    }
}

static int awaited(void) {                   /* a POST's answer or, with -e, a frame */
    for (int i = opt.conns; i < total; i++) if (conns[i].state == POSTING && conns[i].busy) return 1;
    return opt.expect && delivered_all < sent_all * opt.expect;
}

static void drain(void) {                    /* until nothing has come for 0.5 s, or for 3 s where something is awaited; 20 s at most */
    double until = now() + 20, quiet = 0;
    while (now() < until && quiet < (awaited() ? 3 : 0.5)) {
        uint64_t before = frames_all;
        run(0.1);
        quiet = frames_all == before ? quiet + 0.1 : 0;
    }
}

/* Cuts every connection, sends what all of them miss, has all of them come back at once, and reports how long that took. */
static void recover_all(void) {
    struct linger reset = { 1, 0 };
    double began = now(), cpu = server_cpu();
    for (int i = 0; i < opt.conns; i++) {
        Conn *c = &conns[i];
        if (c->state != OPEN) continue;
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(c->fd);
        c->state = REDIAL, c->was_open = 0, opened--;
    }
    for (int i = 0; i < opt.cuts; i++) {
        Conn *poster = &conns[opt.conns];
        if (poster->state == POSTING) send_post(poster, wall_us());
        while (poster->state == POSTING && poster->busy && now() < began + STALL_SECONDS) poll_once(0.01);
    }
    double cut = now() - began;
    int before = failed;
    dialed = 0, opt.dial_at_once = opt.conns;
    open_until(opt.conns);
    double reconnected = now() - began;
    while (delivered_all < sent_all * opt.conns && now() < began + STALL_SECONDS) poll_once(0.01);
    printf(",\"cut_s\":%.3f,\"reconnected_s\":%.3f,\"recovered_s\":%.3f,\"unrecovered\":%d", cut, reconnected, now() - began, failed - before);
    if (opt.pids) printf(",\"server_us_per_recovery\":%.1f", (server_cpu() - cpu) * 1e6 / opt.conns);
}

static void leave(void) {
    leaving = 1;
    for (int i = 0; i < opt.conns; i++) if (conns[i].state == OPEN) put_frame(&conns[i], 8, "\x03\xe8", 2);
    for (double until = now() + LEAVE_SECONDS; opened && now() < until; ) poll_once(0.01);
}

/* Frames that a connection still misses at the end: of those sent here, or compared with the connection that got furthest. */
static uint64_t missing_at_end(void) {
    uint64_t missing = 0;
    Conn furthest = { 0 };
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < opt.conns; i++)
            for (uint32_t k = 0; k < conns[i].track_cap; k++) {
                Track *t = &conns[i].tracks[k];
                if (!t->used || gone(&conns[i])) continue;
                Track *best = track_of(&furthest, t->publisher);
                if (t->newest > best->newest) best->newest = t->newest;
                if (is_own(t->publisher)) best->newest = conns[t->publisher - opt.offset].next_seq - 1;
                if (pass) missing += best->newest - t->newest;
            }
    free(furthest.tracks);
    return missing;
}

static double number(int option, const char *argument) {
    char *end;
    double value = strtod(argument, &end);
    if (end == argument || *end || value < 0 || value > 1e9) wrong_use("-%c %s: not a number", option, argument);
    return value;
}

static void read_options(int argc, char **argv) {
    for (int o; (o = getopt(argc, argv, "p:P:n:R:C:H:S:j:J:w:t:i:k:r:x:fm:z:u:U:T:c:e:A:o:b:Bs:q:vh")) != -1; ) {
        if (o != '?' && optarg && strlen(optarg) > ARGUMENT_MAX) wrong_use("-%c: longer than %d bytes", o, ARGUMENT_MAX);
        switch (o) {
        case 'p': opt.port = number(o, optarg); break;    case 'P': opt.path = optarg; break;
        case 'n': opt.conns = number(o, optarg); break;   case 'R': opt.dial_rate = number(o, optarg); break;
        case 'C': opt.dial_at_once = number(o, optarg); break;
        case 'H': if (opt.headers < MAX_LIST) opt.header[opt.headers++] = optarg; break;
        case 'S': opt.subprotocol = optarg; break;
        case 'j': if (opt.joins < MAX_LIST) opt.join[opt.joins++] = optarg; break;
        case 'J': opt.joined = optarg; break;             case 'w': opt.warmup = number(o, optarg); break;
        case 't': opt.seconds = number(o, optarg); break; case 'i': opt.settle = number(o, optarg); break;
        case 'k': opt.senders = number(o, optarg); break; case 'r': opt.rate = number(o, optarg); break;
        case 'x': opt.window = number(o, optarg); break;  case 'f': opt.flood = 1; break;
        case 'm': opt.message = optarg; break;            case 'z': opt.size = number(o, optarg); break;
        case 'u': opt.post_path = optarg; if (!opt.posters) opt.posters = 1; break;
        case 'U': opt.posters = number(o, optarg); break;
        case 'T': if (opt.post_headers < MAX_LIST) opt.post_header[opt.post_headers++] = optarg; break;
        case 'c': if (opt.pids < MAX_LIST) opt.pid[opt.pids++] = number(o, optarg); break;
        case 'e': opt.expect = number(o, optarg); break;
        case 'A': opt.ack_ms = number(o, optarg); break;  case 'o': opt.offset = number(o, optarg); break;
        case 'b': opt.batch = number(o, optarg); break;   case 'v': opt.verbose = 1; break;
        case 'B': opt.binary = 1; break;                  case 's': opt.lots = number(o, optarg); break;
        case 'q': opt.cuts = number(o, optarg); break;
        case 'h': usage();
        default: wrong_use("unknown option");
        }
    }
    int ways = !!opt.rate + !!opt.window + opt.flood;
    opt.numbered = strstr(opt.message, "{s}") != NULL;
    if (optind < argc) wrong_use("%s: not an option", argv[optind]);
    if (!opt.post_path) opt.posters = 0;
    if (opt.senders > opt.conns) wrong_use("-k is more than -n");
    if (opt.size > FRAME_MAX / 2) wrong_use("-z is more than %d", FRAME_MAX / 2);
    if (opt.senders && opt.posters) wrong_use("-k and -u exclude each other");
    if (opt.senders && ways != 1) wrong_use("-k needs one of -r, -x and -f");
    if (opt.posters && (opt.window || opt.flood)) wrong_use("-u takes -r or none of -r, -x and -f");
    if (ways && !opt.senders && !opt.posters) wrong_use("-r, -x and -f need -k or -u");
    if (opt.expect && !opt.numbered) wrong_use("-e needs {s} in -m");
    if (opt.lots > opt.conns) wrong_use("-s is more than -n");
    if (opt.cuts && (!opt.posters || !opt.joined || opt.binary)) wrong_use("-q needs -u and -J and excludes -B");
    if (opt.batch < 1 || opt.dial_at_once < 1) wrong_use("-b and -C are at least 1");
    for (int i = 0; i < opt.pids; i++) {
        char name[64];
        sprintf(name, "/proc/%d/stat", opt.pid[i]);
        if (access(name, R_OK)) wrong_use("-c %d: no such process", opt.pid[i]);
    }
    total = opt.conns + opt.posters;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < (rlim_t)total + 16) wrong_use("%d connections, but at most %lu open files (ulimit -Hn)", total, (unsigned long)files.rlim_max);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    prctl(PR_SET_TIMERSLACK, 1000ul);
    srandom(getpid());
    for (int i = 0; i < 4; i++) mask[i] = random() | 1;
    conns = calloc(total, sizeof *conns);
    for (int i = 0; i < total; i++) { conns[i].index = i; conns[i].is_post = i >= opt.conns; }
    epoll_fd = epoll_create1(0);

    double rss_empty = server_rss(), cpu_empty = server_cpu(), began = now();
    open_all();
    double open_seconds = now() - began, open_cpu = server_cpu() - cpu_empty;
    int connected = opened + closed, failed_to_open = failed;
    printf("{\"connected\":%d,\"failed\":%d,\"connect_per_s\":%.0f", connected, failed, connected / open_seconds);
    if (failed && !connected) { puts("}"); return 1; }
    fflush(stdout);                          /* whoever started this may wait until all are open */
    run(opt.settle);
    if (opt.cuts) recover_all();
    double rss_open = server_rss(), cpu0 = 0, own0 = 0, cpu = 0, own = 0, t0 = 0, wall = 0, rss_load = 0;

    if (opt.seconds) {
        sending = opt.senders || opt.posters;
        for (int i = 0; i < opt.senders; i++) for (int k = 0; k < opt.window && conns[i].state == OPEN; k++) send_message(&conns[i], wall_us());
        for (int i = opt.conns; i < total && !opt.rate; i++) if (conns[i].state == POSTING) send_post(&conns[i], wall_us());
        schedule = now();
        run(opt.warmup);

        measuring = 1;
        cpu0 = server_cpu(), own0 = seconds_of(CLOCK_PROCESS_CPUTIME_ID), t0 = now();
        run(opt.seconds);
        wall = now() - t0, cpu = server_cpu() - cpu0, own = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own0, rss_load = server_rss();
        measuring = sending = 0;
    }
    if (opt.seconds || opt.cuts) drain();

    uint64_t missing = missing_at_end();
    long long undelivered = opt.expect ? (long long)(sent_all * opt.expect - delivered_all) : 0;
    printf(",\"closed\":%d", closed);
    if (opt.pids) printf(",\"server_us_per_connect\":%.1f,\"rss_empty_mb\":%.1f,\"rss_open_mb\":%.1f,\"rss_per_conn\":%.0f", connected ? open_cpu * 1e6 / connected : 0.0,
                         rss_empty / 1e6, rss_open / 1e6, connected ? (rss_open - rss_empty) / connected : 0.0);
    if (opt.seconds) {
        printf(",\"seconds\":%.2f,\"received\":%llu,\"msg_per_s\":%.0f,\"mb_per_s\":%.1f", wall, (unsigned long long)frames, frames / wall, payload_bytes / wall / 1e6);
        if (reads) printf(",\"frames_per_read\":%.2f", (double)frames / reads);
        if (stamped) printf(",\"stamped\":%llu,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f", (unsigned long long)stamped,
                            percentile_ms(.5), percentile_ms(.9), percentile_ms(.99), percentile_ms(.999), latency_max / 1000.0);
        if (opt.senders || opt.posters) printf(",\"sent\":%llu,\"sent_per_s\":%.0f,\"unsent\":%llu", (unsigned long long)sent, sent / wall, (unsigned long long)unsent);
        if (opt.posters) printf(",\"posted\":%llu,\"post_errors\":%llu,\"post_mean_ms\":%.3f,\"post_max_ms\":%.3f", (unsigned long long)posted, (unsigned long long)post_errors,
                                posted ? post_sum / 1000.0 / posted : 0.0, post_max / 1000.0);
    }
    if (opt.seconds || opt.cuts) {
        printf(",\"lost\":%llu,\"dup\":%llu,\"reordered\":%llu,\"missing_at_end\":%llu", (unsigned long long)lost, (unsigned long long)duplicated, (unsigned long long)reordered, (unsigned long long)missing);
        if (opt.numbered && sent_all) printf(",\"sent_all\":%llu,\"delivered_all\":%llu,\"fan_out\":%.6g", (unsigned long long)sent_all, (unsigned long long)delivered_all, (double)delivered_all / sent_all);
        if (opt.expect) printf(",\"undelivered\":%lld", undelivered);
    }
    if (opt.seconds) {
        if (opt.pids) printf(",\"server_cpu\":%.2f,\"server_us_per_msg\":%.3f,\"rss_load_mb\":%.1f", cpu / wall, frames ? cpu * 1e6 / frames : 0.0, rss_load / 1e6);
        printf(",\"own_cpu\":%.2f", own / wall);
    }
    puts("}");
    if (opt.ack_ms) leave();
    if (failed_to_open || failed || closed || post_errors) return 1;
    return lost || duplicated || reordered || missing || undelivered ? 3 : 0;
}
