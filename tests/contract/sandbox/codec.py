# SPDX-License-Identifier: Apache-2.0
"""Loads a platform plugin through its C ABI (plugin-api/include/postern/plugin.h), without the daemon."""

import ctypes
import json
import time
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p


class View(Structure):
    _fields_ = [("data", c_char_p), ("size", c_size_t)]


class Error(Structure):
    _fields_ = [("size", c_uint32), ("capacity", c_uint32), ("text", c_void_p)]


class Sink(Structure):
    pass


PUT = CFUNCTYPE(c_int32, POINTER(Sink), View)
Sink._fields_ = [("size", c_uint32), ("context", c_void_p), ("put", PUT)]


class Host(Structure):
    pass


LOG = CFUNCTYPE(None, POINTER(Host), c_int32, View, View)
EXTENSION = CFUNCTYPE(c_void_p, POINTER(Host), c_char_p)
Host._fields_ = [("size", c_uint32), ("context", c_void_p), ("log", LOG), ("extension", EXTENSION)]


class Platform(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("decode", CFUNCTYPE(c_int32, c_void_p, View, View, c_int64, POINTER(Sink), POINTER(Error))),
        ("encode", CFUNCTYPE(c_int32, c_void_p, View, c_int64, POINTER(Sink), POINTER(Error))),
        ("interpret", CFUNCTYPE(c_int32, c_void_p, View, c_uint32, View, View, c_int64, POINTER(Sink), POINTER(Error))),
    ]


class Plugin(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("id", c_char_p),
        ("version", c_char_p),
        ("summary", c_char_p),
        ("options", c_void_p),
        ("option_count", c_uint32),
        ("option_stride", c_uint32),
        ("facts", c_char_p),
        ("create", CFUNCTYPE(c_int32, POINTER(Host), View, POINTER(c_void_p), POINTER(Error))),
        ("destroy", CFUNCTYPE(None, c_void_p)),
        ("extension", c_void_p),
        ("platform", POINTER(Platform)),
        ("handler", c_void_p),
    ]


def view(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return View(data, len(data))


class Codec:
    """One instance of a platform plugin. Results are lists of dicts."""

    def __init__(self, path, config):
        self.library = ctypes.CDLL(str(path))
        self.library.postern_plugin_v1.restype = POINTER(Plugin)
        self.plugin = self.library.postern_plugin_v1().contents
        self.facts = json.loads(self.plugin.facts)
        self.log = LOG(lambda host, level, text, fields: None)
        self.extension = EXTENSION(lambda host, name: None)
        self.host = Host(ctypes.sizeof(Host), None, self.log, self.extension)
        self.instance = c_void_p()
        self.call(self.plugin.create, ctypes.byref(self.host), view(config), ctypes.byref(self.instance))

    def call(self, function, *arguments):
        buffer = ctypes.create_string_buffer(1024)
        error = Error(ctypes.sizeof(Error), 1024, ctypes.cast(buffer, c_void_p))
        if function(*arguments, ctypes.byref(error)) != 0:
            raise AssertionError(buffer.value.decode("utf-8", "replace"))

    def collect(self, function, *arguments):
        items = []

        def put(sink, item):
            items.append(json.loads(ctypes.string_at(item.data, item.size)))
            return 0

        sink = Sink(ctypes.sizeof(Sink), None, PUT(put))
        self.call(function, self.instance, *arguments, ctypes.byref(sink))
        return items

    def decode(self, body, meta):
        return self.collect(self.plugin.platform.contents.decode, view(body), view(meta), now())

    def encode(self, task):
        return self.collect(self.plugin.platform.contents.encode, view(task), now())[0]

    def interpret(self, task, status, headers, body):
        function = self.plugin.platform.contents.interpret
        return self.collect(function, view(task), status, view(headers), view(body), now())

    def destroy(self):
        self.plugin.destroy(self.instance)


def now():
    return time.time_ns() // 1000
