/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin ABI of Postern, version 1. This header is the whole contract between the daemon and a plugin, in C11.
 *
 * A plugin is a shared object with one exported function, postern_plugin_v1(). It returns a description: who the
 * plugin is, which options it takes, and the functions that do its work. There are two kinds:
 *
 *   platform   a codec between a platform's wire format and Postern's events, tasks and outcomes
 *   handler    a function of (event, conversation, own state) that says what should be done about the event
 *
 * Both are pure. A plugin opens no file, socket or thread, reads no clock, draws no random number, and is given no
 * token or webhook secret: the daemon does HTTP, storage, time, signatures and retries. So the same input gives the
 * same output, and the same .so serves in a thread of the daemon and in a process of its own.
 *
 * C++ authors rather include <postern/handler.hpp> or <postern/platform.hpp>, which give a class to derive from.
 *
 *
 * Threads. Each function below names the symbolic thread on which it is called. A symbolic thread is a promise
 * about overlap, not about an operating-system thread:
 *
 *   [load]     Before any instance exists, perhaps in a process that never makes one (`posternctl plugin check`).
 *              The function is pure: it returns constants.
 *   [plugin]   Calls on one instance never overlap, though they may come from different threads one after another.
 *              Calls on two instances may overlap, so instances share nothing that can change.
 *   [any]      May overlap with anything. Never waits for the daemon.
 *
 * Lifetime. What is passed to a function (views, sink, error) is borrowed until that function returns. What a plugin
 * returns from postern_plugin_v1() is static. Nothing that is allocated on one side is freed on the other: results
 * go through the sink, which copies.
 *
 * Growth. Every struct that may grow begins with its size in bytes as its writer was compiled; the reader copies
 * min(size, its own) bytes into a zeroed struct. Fields are only appended, null and zero mean "not there". Arrays
 * carry a stride. What cannot be said this way is version 2, under another symbol.
 *
 * JSON. Documents are UTF-8 text, not terminated by NUL. Their schemas are in plugin-api/schema/. They grow too: a
 * reader ignores fields that it does not know. Platform ids are strings. Times are RFC 3339 in UTC with milliseconds.
 *
 * Failure. A function that can fail returns one of the codes below and, if it is not POSTERN_OK, has written a
 * sentence for the person on call into `error`. What the sink got during a call that failed is dropped. No exception
 * ever leaves a function of this header; in C++ their types are noexcept.
 */
#ifndef POSTERN_PLUGIN_H
#define POSTERN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define POSTERN_NOEXCEPT noexcept
#define POSTERN_EXPORT extern "C" __attribute__((visibility("default")))
extern "C" {
#else
#define POSTERN_NOEXCEPT
#define POSTERN_EXPORT __attribute__((visibility("default")))
#endif

/* Return codes. A caller treats a code that it does not know like POSTERN_FAULT. */
enum {
  POSTERN_OK = 0,
  POSTERN_BAD_CONFIG = 1, /* create: the configuration is wrong; the text names the option */
  POSTERN_BAD_INPUT = 2,  /* the bytes from outside are not what the platform documents; the plugin is well */
  POSTERN_FAULT = 3,      /* the plugin failed: an exception, a broken invariant */
  POSTERN_TOO_MUCH = 4    /* the sink is full; stop and pass this on */
};

/* Borrowed bytes. `data` may be null when `size` is 0. Frozen: passed by value, never grows. */
typedef struct postern_view {
  const char* data;
  size_t size;
} postern_view;

/* Where a failing function says why. `text` is owned by the caller and has room for `capacity` bytes (at least 256),
 * of which the last one written is NUL; a longer text is cut. Say what failed, what was expected and what was found:
 * `option "limit": expected an integer, found the string "ten"`. Never a customer's words: it is logged. */
typedef struct postern_error {
  uint32_t size;
  uint32_t capacity;
  char* text;
} postern_error;

/* Where results go: one JSON text per item, in order. `put` copies the item before it returns. It returns POSTERN_OK,
 * or POSTERN_TOO_MUCH when a call has given more than the host takes (4 MiB or 4096 items in all); the plugin then
 * stops and returns that code. [plugin], during the call that was given the sink. */
typedef struct postern_sink postern_sink;
struct postern_sink {
  uint32_t size;
  void* context; /* the host's own */
  int32_t (*put)(const postern_sink* sink, postern_view item) POSTERN_NOEXCEPT;
};

enum { POSTERN_LOG_DEBUG = 0, POSTERN_LOG_INFO = 1, POSTERN_LOG_WARNING = 2, POSTERN_LOG_ERROR = 3 };

/* What the host offers. Valid from create until destroy has returned. */
typedef struct postern_host postern_host;
struct postern_host {
  uint32_t size;
  void* context; /* the host's own */

  /* Writes a sentence to the daemon's log under the plugin's name. `fields` is a JSON object or empty. Longer texts
   * than 1024 bytes are cut, and more than a hundred per call are dropped. Never what a customer wrote, nor a name,
   * nor a platform's id. [plugin], during a call on the instance that was given this host. */
  void (*log)(const postern_host* host, int32_t level, postern_view text, postern_view fields) POSTERN_NOEXCEPT;

  /* An optional table of functions, by a name like "org.postern.metrics/1", or null if this host has none of that
   * name. Lives as long as the host. Version 1 defines no name yet. [any] */
  const void* (*extension)(const postern_host* host, const char* name) POSTERN_NOEXCEPT;
};

/* Types of options, and how a value stands in the configuration that create gets. */
enum {
  POSTERN_STRING = 1,
  POSTERN_INTEGER = 2,  /* 64 bit */
  POSTERN_REAL = 3,     /* a number */
  POSTERN_BOOL = 4,     /* true or false */
  POSTERN_DURATION = 5, /* integer, milliseconds; in the file and in a default a text: "500ms" "10s" "5m" "2h" "7d" */
  POSTERN_SIZE = 6,     /* integer, bytes; in the file and in a default a text: "512" "64KiB" "3MiB" "1GiB" */
  POSTERN_SECRET = 7,   /* true where it is configured; its value is for the daemon alone */
  POSTERN_LIST = 8,     /* an array, of strings or of tables; in a default strings with commas between: "en,pt" */
  POSTERN_TABLE = 9     /* an object, given on as it is */
};

enum {
  POSTERN_OPTION_REQUIRED = 1,   /* there is no default and the configuration must say it */
  POSTERN_OPTION_PER_ACCOUNT = 2 /* platform: belongs into [account.NAME] instead of [platform.NAME] */
};

/* One option. The daemon checks the configuration file against these (type, presence, spelling) and shows `help`. */
typedef struct postern_option {
  const char* name; /* [a-z][a-z0-9_]* */
  uint32_t type;
  uint32_t flags;
  const char* standard; /* the default, as it would be written in the file (a string without quotes); null: none */
  const char* help;     /* one sentence */
} postern_option;

enum { POSTERN_NEXT = 0, POSTERN_STOP = 1 };

/* The functions of a platform plugin. All are needed.
 *
 * All three are pure: same input, same output. `now_us` is the broker's time, microseconds since 1970 in UTC; it is
 * the only clock a plugin has. A call has two seconds; a slower one counts as a crash. What comes later is appended,
 * for instance a `verify` for signatures that facts cannot describe, which alone would be given secrets. */
typedef struct postern_platform {
  uint32_t size;

  /* Reads one webhook whose signature the daemon has verified. `body` is exactly what arrived, at most 3 MiB, any
   * bytes. `meta` is {"method", "path", "query": {}, "headers": {lower-case name: value}, "account"}; `account` is
   * there when the path names one. Puts one event (event.schema.json) per thing that happened, in the body's order;
   * an item that is not understood becomes an event of the kind "unknown", so that nothing is lost when a platform
   * invents something. No item at all is a good answer (a ping).
   * POSTERN_BAD_INPUT: the body as a whole cannot be read; it is kept raw, in quarantine. [plugin] */
  int32_t (*decode)(void* instance, postern_view body, postern_view meta, int64_t now_us, const postern_sink* sink,
                    postern_error* error) POSTERN_NOEXCEPT;

  /* Turns one task (task.schema.json) into one HTTP request: puts exactly one item (request.schema.json), which may
   * say that the platform cannot do this. The request names the credential that it needs; the daemon puts it in.
   * Called before the attempt is on disk, and again after a crash: must not depend on having been called. [plugin] */
  int32_t (*encode)(void* instance, postern_view task, int64_t now_us, const postern_sink* sink,
                    postern_error* error) POSTERN_NOEXCEPT;

  /* Says what the platform's answer to that request means. `status` is the HTTP status (a broken connection never
   * gets here), `headers` a JSON object {lower-case name: value}, `body` what arrived, any bytes. Puts one outcome
   * (outcome.schema.json) and after it what was found: events, a profile, a cursor. Or, instead of an outcome, one
   * further step: {"request", "memo"}; the memo comes back in the task of the next interpret, at most eight times.
   * Say "retry" only where the platform's documents say that nothing was delivered; a fault counts as "unclear".
   * [plugin] */
  int32_t (*interpret)(void* instance, postern_view task, uint32_t status, postern_view headers, postern_view body,
                       int64_t now_us, const postern_sink* sink, postern_error* error) POSTERN_NOEXCEPT;
} postern_platform;

/* The function of a handler plugin. */
typedef struct postern_handler {
  uint32_t size;

  /* Looks at one event and says what should be done: puts effects (effect.schema.json), in order. `event` is the
   * codec's text (event.schema.json), `context` what the broker knows about the conversation (context.schema.json),
   * `state` what this handler stored last with the effect "state" ("{}" at first), `turn` what the handlers before it
   * in the chain have done (turn.schema.json). Effects, new state and the end of the event are committed as one
   * transaction; after a crash in the middle the event comes again and nothing of the first try remains.
   * `*flow` is POSTERN_NEXT when called; POSTERN_STOP ends the chain.
   * A call has five seconds. Any code but POSTERN_OK: asked again, three times in all. [plugin] */
  int32_t (*handle)(void* instance, postern_view event, postern_view context, postern_view state, postern_view turn,
                    int64_t now_us, const postern_sink* sink, uint32_t* flow, postern_error* error) POSTERN_NOEXCEPT;
} postern_handler;

enum { POSTERN_KIND_PLATFORM = 1, POSTERN_KIND_HANDLER = 2 };

/* What a plugin is. Static and constant. */
typedef struct postern_plugin {
  uint32_t size;
  uint32_t kind;       /* POSTERN_KIND_PLATFORM or POSTERN_KIND_HANDLER */
  const char* id;      /* reverse domain name, "org.example.hello"; never changes */
  const char* version; /* of the plugin, "1.4.0" */
  const char* summary; /* one sentence, for lists */

  const postern_option* options; /* the first of `option_count`, each `option_stride` bytes after the one before */
  uint32_t option_count;
  uint32_t option_stride;

  const char* facts; /* JSON object (facts.schema.json): what the daemon does on the plugin's behalf */

  /* Makes the instance for one section of the configuration, [platform.NAME] or [handler.NAME]. `config` is a JSON
   * object: the section's options by name (see the types above; defaults are the plugin's to fill in) and, for a
   * platform, "accounts": {name: {"id": account key, options…}}. It never holds a secret. "$lines" may stand beside
   * them: an object from JSON pointers ("/topics/0/answer") to "file:line:column", for the texts of errors. `host` lives until destroy
   * has returned. On success `*instance` is set and goes into every further call; on failure it is left alone.
   * The first call of an instance's [plugin] sequence. */
  int32_t (*create)(const postern_host* host, postern_view config, void** instance,
                    postern_error* error) POSTERN_NOEXCEPT;

  /* Ends an instance. The last call of its [plugin] sequence; never during another call. */
  void (*destroy)(void* instance) POSTERN_NOEXCEPT;

  /* An optional table of the plugin's, by name, or null. May itself be null. [load] */
  const void* (*extension)(const char* name) POSTERN_NOEXCEPT;

  const postern_platform* platform; /* for POSTERN_KIND_PLATFORM, else null */
  const postern_handler* handler;   /* for POSTERN_KIND_HANDLER, else null */
} postern_plugin;

/* The one exported symbol. Returns the same pointer each time, never null. [load] */
POSTERN_EXPORT const postern_plugin* postern_plugin_v1(void) POSTERN_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
