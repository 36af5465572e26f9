/*
 * Kills the process at a chosen write to its data directory. Preloaded (LD_PRELOAD) into the server by crash.rs.
 *
 *   KILLSHIM_DIR      only files under this directory count; an absolute path without a slash at its end
 *   KILLSHIM_TRIGGER  nothing counts before this file exists; it holds the number N (1 = the next call)
 *   KILLSHIM_LOG      a line per counted call: number, call, file
 *
 * The process gets SIGKILL in place of call N, after half of its bytes where it is a write and N is followed by "torn".
 * What the kernel was given before stays, as after a crash of the process; a loss of power is another matter.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile long counted, last;
static volatile int armed, torn;

static void arm(void) {
    const char *trigger = getenv("KILLSHIM_TRIGGER");
    if (armed || !trigger) return;
    int fd = syscall(SYS_openat, AT_FDCWD, trigger, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    char text[32] = {0};
    if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) {
        last = atol(text);
        torn = strstr(text, "torn") != NULL;
        armed = 1;
    }
    syscall(SYS_close, fd);
}

/* Is this call the one to die at? Counts it when the file is one of ours. */
static int dies(const char *call, const char *path) {
    const char *dir = getenv("KILLSHIM_DIR"), *log = getenv("KILLSHIM_LOG");
    size_t length = dir ? strlen(dir) : 0;
    if (!dir || strncmp(path, dir, length) != 0 || path[length] != '/') return 0;
    arm();
    if (!armed) return 0;
    long number = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
    char line[PATH_MAX + 64];
    int size = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path + length + 1);
    int fd = log ? syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        syscall(SYS_write, fd, line, (size_t)size);
        syscall(SYS_close, fd);
    }
    return number == last;
}

static int fd_dies(const char *call, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return dies(call, path);
}

static int path_dies(const char *call, int at, const char *path) {
    char whole[PATH_MAX];
    if (path[0] == '/') return dies(call, path);
    char link[64] = "/proc/self/cwd", base[PATH_MAX];
    if (at != AT_FDCWD) snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
    if (size <= 0) return 0;
    base[size] = 0;
    if (snprintf(whole, sizeof whole, "%s/%s", base, path) >= (int)sizeof whole) return 0;
    return dies(call, whole);
}

static void die(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

#define NEXT(name) __typeof__(name) *next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t size) {
    NEXT(write);
    if (fd_dies("write", fd)) {
        if (torn) next(fd, from, size / 2);
        die();
    }
    return next(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    NEXT(pwrite);
    if (fd_dies("pwrite", fd)) {
        if (torn) next(fd, from, size / 2, at);
        die();
    }
    return next(fd, from, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    NEXT(pwrite64);
    if (fd_dies("pwrite", fd)) {
        if (torn) next(fd, from, size / 2, at);
        die();
    }
    return next(fd, from, size, at);
}

ssize_t writev(int fd, const struct iovec *from, int count) {
    NEXT(writev);
    if (fd_dies("writev", fd)) die();
    return next(fd, from, count);
}

int fsync(int fd) {
    NEXT(fsync);
    if (fd_dies("fsync", fd)) die();
    return next(fd);
}

int fdatasync(int fd) {
    NEXT(fdatasync);
    if (fd_dies("fdatasync", fd)) die();
    return next(fd);
}

int ftruncate(int fd, off_t size) {
    NEXT(ftruncate);
    if (fd_dies("ftruncate", fd)) die();
    return next(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    NEXT(ftruncate64);
    if (fd_dies("ftruncate", fd)) die();
    return next(fd, size);
}

int rename(const char *from, const char *to) {
    NEXT(rename);
    if (path_dies("rename", AT_FDCWD, to)) die();
    return next(from, to);
}

int renameat(int at, const char *from, int to_at, const char *to) {
    NEXT(renameat);
    if (path_dies("rename", to_at, to)) die();
    return next(at, from, to_at, to);
}

int link(const char *from, const char *to) {
    NEXT(link);
    if (path_dies("link", AT_FDCWD, to)) die();
    return next(from, to);
}

int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    NEXT(linkat);
    if (path_dies("link", to_at, to)) die();
    return next(at, from, to_at, to, flags);
}

int unlink(const char *path) {
    NEXT(unlink);
    if (path_dies("unlink", AT_FDCWD, path)) die();
    return next(path);
}

int unlinkat(int at, const char *path, int flags) {
    NEXT(unlinkat);
    if (path_dies("unlink", at, path)) die();
    return next(at, path, flags);
}

/* Making a file is a write to its directory. Only calls that may make one are counted. */
static int creates(const char *call, int at, const char *path, int flags) {
    return (flags & O_CREAT) && path_dies(call, at, path);
}

#define MODE(last_named)                  \
    mode_t mode = 0;                      \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list rest;                     \
        va_start(rest, last_named);       \
        mode = va_arg(rest, mode_t);      \
        va_end(rest);                     \
    }

int open(const char *path, int flags, ...) {
    NEXT(open);
    MODE(flags)
    if (creates("create", AT_FDCWD, path, flags)) die();
    return next(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    NEXT(open64);
    MODE(flags)
    if (creates("create", AT_FDCWD, path, flags)) die();
    return next(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    NEXT(openat);
    MODE(flags)
    if (creates("create", at, path, flags)) die();
    return next(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    NEXT(openat64);
    MODE(flags)
    if (creates("create", at, path, flags)) die();
    return next(at, path, flags, mode);
}
