#!/usr/bin/env python3
"""A second verifier of Parley's bundles.

It was written from docs/spec and its vectors alone; only then was it held against
the Go code, and where the two differed the page that had left it open was mended.
It shares no line with the Go code: its own CBOR, its own Ed25519 by ZIP-215 on
integers, its own Merkle trees, from Python's standard library only. Reading goes
top down: bytes and signatures first, then records, notes, charters, the bundle's
framing, and last what is held against what. It is meant to be read and checked by
somebody who trusts neither of us, so it is plain before it is fast.

    parley_verify.py FILE.parley ...        verify bundles, one verdict a line (JSON)
    parley_verify.py --vectors DIRECTORY    judge the vectors below it, one a line

Exit codes: 0 everything verifies, 3 something is wrong, 2 nothing could be judged.
"""
import base64
import functools
import hashlib
import json
import os
import re
import sys
import unicodedata
import math


class Bad(Exception):
    """Something that is not as the specification says; field names the place in it."""

    def __init__(self, field, what):
        super().__init__(what)
        self.field, self.what = field, what


class Unreadable(Exception):
    """A record that a newer release wrote."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- Ed25519 by ZIP-215 -------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, T = XY/Z


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p):
    a, b, c = p[0] * p[0] % P, p[1] * p[1] % P, 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1]) % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p):
    return -p[0] % P, p[1], p[2], -p[3] % P


def is_zero(p):
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


@functools.lru_cache(maxsize=4096)
def decode_point(data):
    """The point of 32 bytes, in any encoding that decodes (y >= p and -0 too), or None."""
    n = int.from_bytes(data, "little")
    sign, y = n >> 255, n & (2**255 - 1)
    y %= P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT_OF_MINUS_1 % P
        if v * x * x % P != u:
            return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def table(p):
    out = [ZERO]
    for _ in range(15):
        out.append(add(out[-1], p))
    return out


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
BASE_TABLE = table(BASE)


@functools.lru_cache(maxsize=512)
def key_table(key):
    p = decode_point(key)
    return None if p is None else table(negate(p))


@functools.lru_cache(maxsize=65536)
def signed(key, message, sig):
    """Whether sig is a good signature of message by key: 8(SB - R - kA) = 0."""
    if len(key) != 32 or len(sig) != 64:
        return False
    s = int.from_bytes(sig[32:], "little")
    r, minus_a = decode_point(sig[:32]), key_table(key)
    if s >= L or r is None or minus_a is None:
        return False
    k = int.from_bytes(hashlib.sha512(sig[:32] + key + message).digest(), "little") % L
    acc = ZERO
    for shift in range(252, -1, -4):
        acc = double(double(double(double(acc))))
        acc = add(acc, BASE_TABLE[s >> shift & 15])
        acc = add(acc, minus_a[k >> shift & 15])
    return is_zero(double(double(double(add(acc, negate(r))))))


@functools.lru_cache(maxsize=512)
def key_fault(key):
    """Why a key cannot stand on a card, or None."""
    if int.from_bytes(key, "little") & (2**255 - 1) >= P:
        return "is not in its canonical encoding"
    p = decode_point(key)
    if p is None:
        return "is not a point"
    if is_zero(double(double(double(p)))):
        return "is of small order"
    return None


def key_id(key):
    return sha256(b"parley key v1\n", key)[:8]


# ---- CBOR, the one encoding of RFC 8949 4.2.1 -----------------------------------


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


def head(major, n):
    for size, limit in ((0, 24), (1, 2**8), (2, 2**16), (4, 2**32), (8, 2**64)):
        if n < limit:
            if size == 0:
                return bytes([major << 5 | n])
            return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, "big")
    raise ValueError("too large")


def encode(v):
    if v is True:
        return b"\xf5"
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(encode, v))
    return head(5, len(v)) + b"".join(encode(k) + encode(v[k]) for k in sorted(v, key=encode))


def decode(data, at=0, depth=0, strict=True):
    """One item from data[at:] and where it ends; ValueError where it is not the one encoding.

    Not strict, it reads numbers in more bytes than they need and labels in any order too.
    """
    if depth > 16:
        raise ValueError("nested too deep")
    if at >= len(data):
        raise ValueError("ends early")
    first = data[at]
    major, low = first >> 5, first & 31
    at += 1
    if low < 24:
        n = low
    elif low < 28 and major != 7:
        size = 1 << (low - 24)
        if at + size > len(data):
            raise ValueError("ends early")
        n = int.from_bytes(data[at:at + size], "big")
        if strict and n < (24 if size == 1 else 1 << (4 * size)):
            raise ValueError("a number in more bytes than it needs")
        at += size
    else:
        raise ValueError("a float, null or an indefinite length")
    if major == 0:
        return n, at
    if major == 1:
        return -1 - n, at
    if major in (2, 3):
        if n > len(data) - at:
            raise ValueError("ends early")
        raw = data[at:at + n]
        return (raw if major == 2 else raw.decode("utf-8")), at + n
    if major == 4:
        out = []
        for _ in range(min(n, len(data) + 1)):
            v, at = decode(data, at, depth + 1, strict)
            out.append(v)
        return out, at
    if major == 5:
        out, last = {}, b""
        for _ in range(min(n, len(data) + 1)):
            start = at
            k, at = decode(data, at, depth + 1, strict)
            if isinstance(k, (list, dict, Tag)) or k is True or k in out or strict and data[start:at] <= last:
                raise ValueError("labels out of order, or one twice")
            last = data[start:at]
            out[k], at = decode(data, at, depth + 1, strict)
        return out, at
    if major == 6:
        v, at = decode(data, at, depth + 1, strict)
        return Tag(n, v), at
    if n == 21:
        return True, at
    raise ValueError("a simple value that stands nowhere")


def decode_all(data, field):
    try:
        v, end = decode(data)
    except ValueError as e:
        raise Bad(field, "is not deterministic CBOR: %s" % e)
    if end != len(data):
        raise Bad(field, "has bytes behind its end")
    return v


# ---- the schema of record.cddl --------------------------------------------------
# A rule is a function (value, field) that raises Bad.

# What shows nothing by itself, beside white space.
SHAPELESS = ((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
             (0x200B, 0x200F), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
             (0xFFA0, 0xFFA0), (0x1D173, 0x1D17A), (0xE0100, 0xE01EF))


def shows_something(s):
    return any(not c.isspace() and not any(a <= ord(c) <= b for a, b in SHAPELESS) for c in s)


def Uint(low, high):
    def rule(v, f):
        if isinstance(v, bool) or not isinstance(v, int) or not low <= v <= high:
            raise Bad(f, "is not a number from %d to %d" % (low, high))
    return rule


def Bytes(low, high=None):
    def rule(v, f):
        if not isinstance(v, bytes) or not low <= len(v) <= (high or low):
            raise Bad(f, "is not bytes of the right length")
    return rule


def Text(high, lines=False):
    def rule(v, f):
        if not isinstance(v, str) or not 1 <= len(v.encode()) <= high:
            raise Bad(f, "is not a text of 1 to %d bytes" % high)
        for c in v:
            n = ord(c)
            if unicodedata.category(c) == "Cc" and not (lines and c == "\n") or 0x202A <= n <= 0x202E or \
                    0x2066 <= n <= 0x2069 or n in (0x2028, 0x2029, 0xFEFF) or 0xE0000 <= n <= 0xE007F:
                raise Bad(f, "holds a character that bends what is read")
        if not shows_something(v):
            raise Bad(f, "shows nothing")
    return rule


def Match(pattern):
    compiled = re.compile(pattern, re.ASCII)

    def rule(v, f):
        if not isinstance(v, str) or not compiled.fullmatch(v):
            raise Bad(f, "has not its form")
    return rule


def One(*values):
    def rule(v, f):
        if isinstance(v, bool) or v not in values:
            raise Bad(f, "is not one of the values it can have")
    return rule


def true(v, f):
    if v is not True:
        raise Bad(f, "is not true")


def digest(v, f):
    Bytes(32)(v, f)
    if v == bytes(32):
        raise Bad(f, "is all zero")


def public_key(v, f):
    Bytes(32)(v, f)
    fault = key_fault(v)
    if fault:
        raise Bad(f, fault)


def List(rule_of, low, high, order=None):
    def rule(v, f):
        if not isinstance(v, list) or not low <= len(v) <= high:
            raise Bad(f, "is not a list of %d to %d" % (low, high))
        for i, e in enumerate(v):
            rule_of(e, "%s[%d]" % (f, i))
        if order and any(order(a) >= order(b) for a, b in zip(v, v[1:])):
            raise Bad(f, "is not ascending")
    return rule


def distinct(rule_of):
    def rule(v, f):
        rule_of(v, f)
        if len(set(v)) != len(v):
            raise Bad(f, "names one twice")
    return rule


def Map(fields, check=None):
    """fields: label -> (name, rule, optional)."""
    def rule(v, f):
        if not isinstance(v, dict):
            raise Bad(f, "is not a map")
        for label in v:
            if label not in fields or isinstance(label, bool):
                raise Bad(f, "has an unknown field")
        for label, (name, rule_of, optional) in fields.items():
            if label in v:
                rule_of(v[label], f + "." + name)
            elif not optional:
                raise Bad(f + "." + name, "is missing")
        if check:
            check(v, f)
    return rule


def req(name, rule):
    return name, rule, False


def opt(name, rule):
    return name, rule, True


TIME = Uint(1, 7258118399999)
PARTY = Match(r"[A-Z][A-Z0-9-]{0,15}")
OFFICER = Match(r"[a-z][a-z0-9.-]{0,31}")
LABEL = Match(r"[a-z][a-z0-9-]{0,31}")
LANG = Match(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
LANE = One(1, 2)
LANES = {1: "urgent", 2: "routine"}
SHORT, NAME, TEXT = Text(500), Text(200), Text(4000, lines=True)
REF = Map({1: req("party", PARTY), 2: req("lane", LANE), 3: req("incarnation", Uint(1, 2**32 - 1)),
           4: req("index", Uint(0, 2**53 - 1)), 5: req("leaf", digest)})
HEAD = Map({1: req("party", PARTY), 2: req("lane", LANE), 3: req("incarnation", Uint(1, 2**32 - 1)),
            4: req("size", Uint(1, 2**53 - 1)), 5: req("root", digest)})
HEADS = List(HEAD, 1, 64, order=lambda h: (h[1].encode(), h[2], h[3]))
ENVELOPE = Map({1: req("line", digest), 2: req("party", PARTY), 3: req("lane", LANE), 4: opt("officer", OFFICER),
                5: req("composed", TIME), 6: req("precedence", One(1, 2, 3, 4)), 7: opt("seen", HEADS),
                8: opt("re", REF), 9: opt("exercise", true)})


# ---- volumes: volume.md ---------------------------------------------------------

RADIUS = 6371008.8


def sphere(pt):
    lat, lon = math.radians(pt[1] / 1e7), math.radians(pt[2] / 1e7)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a, b):
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def norm(a):
    return math.sqrt(dot(a, a))


def metres(a, b):
    return RADIUS * math.atan2(norm(cross(a, b)), dot(a, b))


def from_edge(p, a, b):
    """Metres from p to the shortest arc from a to b."""
    n = cross(a, b)
    if norm(n) > 0 and dot(cross(n, a), p) >= 0 and dot(cross(b, n), p) >= 0:
        return abs(math.asin(max(-1.0, min(1.0, dot(n, p) / norm(n))))) * RADIUS
    return min(metres(p, a), metres(p, b))


def polygon_ok(v, f):
    pts = [sphere(p) for p in v]
    n = len(pts)
    middle = tuple(sum(p[i] for p in pts) for i in range(3))
    if norm(middle) < 1e-9 or any(metres(p, middle) > 3000e3 for p in pts):
        raise Bad(f, "is too large")
    edges = [(pts[i], pts[(i + 1) % n]) for i in range(n)]
    touch = 0.010
    for i, (a, b) in enumerate(edges):
        if metres(a, b) <= touch or metres(a, b) > math.pi * RADIUS - 1:
            raise Bad(f, "repeats a corner, or has antipodal neighbours")
        for j, (c, d) in enumerate(edges):
            if j == i:
                continue
            if (i + 1) % n == j:  # a neighbour: its far end, and ours, stay off the other
                if from_edge(d, a, b) <= touch or from_edge(a, c, d) <= touch:
                    raise Bad(f, "folds back")
            elif (j + 1) % n != i and j > i:
                if min(from_edge(a, c, d), from_edge(b, c, d), from_edge(c, a, b), from_edge(d, a, b)) <= touch:
                    raise Bad(f, "touches itself")
                m, k = cross(a, b), cross(c, d)
                x = cross(m, k)
                for s in (1, -1):
                    y = tuple(s * e for e in x)
                    if dot(cross(m, a), y) > 0 and dot(cross(b, m), y) > 0 and dot(cross(k, c), y) > 0 and \
                            dot(cross(d, k), y) > 0:
                        raise Bad(f, "crosses itself")


def area_ok(v, f):
    if (1 in v) == (2 in v):
        raise Bad(f, "is not exactly one of polygon and circle")
    if 1 in v:
        polygon_ok(v[1], f + ".polygon")


def band_ok(v, f):
    upper = v.get(2)
    if 3 in v and upper is not None or upper == {1: 0, 2: 0}:
        raise Bad(f + ".upper", "should be left out")
    if 3 in v:
        return
    low, high = v[1], upper or {1: 0, 2: 0}
    if low[2] == high[2]:
        wrong = low[1] >= high[1]
    elif low == {1: 0, 2: 2}:
        wrong = False
    else:
        margin = {0: lambda h: (2200 + abs(h) / 10,) * 2, 1: lambda h: (0, 0), 2: lambda h: (1450, 29100),
                  3: lambda h: (400, 400)}
        wrong = low[1] - margin[low[2]](low[1])[0] > high[1] + margin[high[2]](high[1])[1]
    if wrong:
        raise Bad(f, "has its lower limit above the upper")


def window_ok(v, f):
    if not v[1] < v[2] <= v[1] + 366 * 86400000:
        raise Bad(f, "does not end after it begins, within 366 days")


POINT = Map({1: req("lat_e7", Uint(-900000000, 900000000)), 2: req("lon_e7", Uint(-1800000000, 1800000000))})
ALTITUDE = Map({1: req("feet", Uint(-2000, 400000)), 2: req("datum", One(0, 1, 2, 3))})
BAND = Map({1: req("lower", ALTITUDE), 2: opt("upper", ALTITUDE), 3: opt("unlimited", true)}, band_ok)
WINDOW = Map({1: req("from", TIME), 2: req("to", TIME)}, window_ok)
CIRCLE = Map({1: req("center", POINT), 2: req("radius_m", Uint(1, 1000000))})
AREA = Map({1: opt("polygon", List(POINT, 3, 256)), 2: opt("circle", CIRCLE)}, area_ok)
VOLUME = Map({1: req("area", AREA), 2: req("band", BAND), 3: req("window", WINDOW)})


def volumes(v, f):
    List(VOLUME, 1, 32)(v, f)
    if sum(len(e[1].get(1, [])) for e in v) > 512:
        raise Bad(f, "has more than 512 corners")


LEG = Map({1: req("from", POINT), 2: req("to", POINT), 3: req("band", BAND), 4: req("depart", TIME),
           5: req("arrive", TIME), 6: req("half_width_m", Uint(0, 2**32 - 1))})

# ---- the kinds --------------------------------------------------------------------

CLASS = One("activity", "hazard-area", "transit", "return-to-base", "exercise", "electromagnetic", "test", "accident",
            "protected-site", "protected-movement", "distress", "cancellation", "correction")
WANTED = ("read", "understood", "relayed", "unit-confirms", "no-objection")
WANTS = distinct(List(One(*WANTED), 1, 5))
PHRASE = Map({1: req("code", Match(r"[A-Z][A-Z0-9-]{1,47}")),
              2: opt("params", List(Map({1: req("name", Match(r"[a-z][a-z0-9_]{0,31}")), 2: req("value", SHORT)}), 1, 16))})
ORIGIN = Map({1: req("line", digest), 2: req("ref", REF)})
ROLE = One("duty", "deputy", "chief", "observer")


def no(v, f, name, label):
    if label in v:
        raise Bad("%s.%s" % (f, name), "cannot stand here")


def need(v, f, name, label):
    if label not in v:
        raise Bad("%s.%s" % (f, name), "is missing")


def lang_ok(text, lang):
    def rule(v, f):
        if lang in v and text not in v:
            raise Bad(f + ".lang", "is given without text")
    return rule


def notice_ok(v, f):
    lang_ok(4, 5)(v, f)
    if v[1] != "cancellation" and not {2, 3, 4} & set(v):
        raise Bad(f, "has no place, volume or words")
    if v[1] == "correction":
        need(v, f, "volumes", 3)
    if v[1] == "cancellation":
        no(v, f, "volumes", 3)


def ack_ok(v, f):
    fields = {2: "read_back", 3: "unit", 4: "at", 5: "reason", 6: "alternative"}
    wanted = {"understood": {2}, "relayed": {3, 4}, "unit-confirms": {3, 4}, "objection": {5}, "alternative": {6}}
    for label, name in fields.items():
        (need if label in wanted.get(v[1], ()) else no)(v, f, name, label)


def say_ok(v, f):
    lang_ok(2, 3)(v, f)
    if not v.keys() & {1, 2, 4}:
        raise Bad(f, "says nothing")


def opening_ok(v, f):
    if not ({1, 3} <= set(v) and 4 not in v or 4 in v and not {1, 3} & set(v)):
        raise Bad(f, "opens not exactly one of a closed part and an origin")


def finding_ok(v, f):
    if sum(map(len, v.get(6, []))) > 49152:
        raise Bad(f + ".proof", "is too large")


def plan_ok(v, f):
    if 3 not in v and 6 not in v:
        raise Bad(f + ".legs", "are missing, and the plan has not ended")
    legs = v.get(3, [])
    if any(g[4] > g[5] for g in legs) or any(a[5] > b[4] for a, b in zip(legs, legs[1:])):
        raise Bad(f + ".legs", "do not follow each other in time")


def watch_ok(v, f):
    (need if v[1] == "hand-over" else no)(v, f, "to", 2)


CLOSED = List(Map({1: req("label", LABEL), 2: req("hash", digest)}), 1, 16, order=lambda c: c[1])
SIGNATURE = Map({1: req("party", PARTY), 2: req("key", public_key), 3: req("sig", Bytes(64))})
KINDS = {
    "charter": Map({1: req("charter", Bytes(1, 49152)),
                    2: req("signatures", List(SIGNATURE, 1, 32, order=lambda s: s[1]))}),
    "notice": Map({1: req("class", CLASS), 2: opt("place", NAME), 3: opt("volumes", volumes), 4: opt("text", TEXT),
                   5: opt("lang", LANG), 6: opt("wants", WANTS), 7: opt("late", Text(500, lines=True)), 8: opt("contact", NAME),
                   9: opt("expires", TIME), 10: opt("closed", CLOSED)}, notice_ok),
    "ack": Map({1: req("level", One(*WANTED, "seen", "objection", "alternative", "unknown-message")),
                2: opt("read_back", List(NAME, 1, 8)), 3: opt("unit", Text(100)), 4: opt("at", TIME),
                5: opt("reason", TEXT), 6: opt("alternative", volumes), 7: opt("text", TEXT)}, ack_ok),
    "say": Map({1: opt("phrase", PHRASE), 2: opt("text", TEXT), 3: opt("lang", LANG), 4: opt("volumes", volumes)},
               say_ok),
    "relay": Map({1: req("origin", digest), 2: req("phrases", List(PHRASE, 1, 8)), 3: opt("volumes", volumes),
                  4: opt("unit", Text(100)), 5: opt("text", TEXT), 6: opt("lang", LANG), 7: opt("wants", WANTS)}, lang_ok(5, 6)),
    "opening": Map({1: opt("label", LABEL), 2: req("salt", digest), 3: opt("content", Bytes(1, 16384)),
                    4: opt("origin", ORIGIN)}, opening_ok),
    "received": Map({1: req("heads", HEADS)}),
    "close": Map({1: req("text", TEXT), 2: opt("duties", List(SHORT, 1, 64))}),
    "finding": Map({1: req("what", One("wrong-signature", "gap", "fork", "oversize", "old-checkpoint",
                                       "invalid-record", "protocol")), 2: req("line", digest), 3: req("party", PARTY),
                    4: opt("lane", LANE), 5: req("text", TEXT), 6: opt("proof", List(Bytes(1, 8192), 1, 8))},
                   finding_ok),
    "plan": Map({1: req("name", NAME), 2: opt("track", Text(64)), 3: opt("legs", List(LEG, 1, 256)),
                 4: opt("crew", Uint(1, 100000)), 5: opt("text", TEXT), 6: opt("ended", true)}, plan_ok),
    "alert": Map({1: req("rule", LABEL), 2: req("key", SHORT), 3: req("why", Text(1000, lines=True)),
                  4: opt("about", List(ORIGIN, 1, 16)), 5: opt("track", Text(64)), 6: opt("from", TIME),
                  7: opt("to", TIME), 8: opt("at", POINT), 9: req("deadline", TIME)}),
    "end": Map({1: req("reason", Text(500, lines=True))}),
    "watch": Map({1: req("act", One("take", "hand-over", "leave")), 2: opt("to", OFFICER),
                  3: opt("open", List(SHORT, 1, 64)), 4: opt("promises", TEXT), 5: opt("open_hash", digest)}, watch_ok),
    "minute": Map({1: req("from", TIME), 2: req("reports", Uint(0, 2**32 - 1)), 3: req("tracks", Uint(0, 2**32 - 1)),
                   4: req("digest", digest)}),
    "kept": Map({1: req("salt", digest), 2: req("origin", ORIGIN)}),
}
HOME_KINDS = {"plan", "alert", "end", "watch", "minute", "kept"}


# ---- records: record.md -----------------------------------------------------------


class Record:
    """One leaf: kind, key id, envelope, body; verify says whether a key signed it."""

    def __init__(self, leaf):
        if len(leaf) > 60000:
            raise Bad("leaf", "is longer than 60,000 bytes")
        v = decode_all(leaf, "leaf") if leaf[:2] == b"\xd2\x84" else None
        if not isinstance(v, Tag) or len(v.value) != 4 or isinstance(v.value[2], (list, dict, Tag)):
            raise Bad("leaf", "is not a COSE_Sign1")
        self.header, unprotected, self.payload, self.sig = v.value
        if not isinstance(self.payload, bytes):
            raise Bad("leaf", "has no payload")
        if not isinstance(self.header, bytes):
            raise Bad("protected", "is not bytes")
        if unprotected != {} or not isinstance(unprotected, dict):
            raise Bad("unprotected", "is not empty")
        if not isinstance(self.sig, bytes) or len(self.sig) != 64:
            raise Bad("signature", "is not 64 bytes")
        self.read_header()
        if self.newer:
            return
        v = decode_all(self.payload, "payload")
        Map({1: req("envelope", ENVELOPE), 2: req("body", KINDS[self.kind])})(v, "payload")
        self.envelope, self.body = v[1], v[2]
        self.check()

    def read_header(self):
        if len(self.header) > 1024:
            raise Bad("protected", "is longer than 1,024 bytes")
        h = decode_all(self.header, "protected")
        if not isinstance(h, dict) or h.get(1) != -8:
            raise Bad("protected.alg", "is not EdDSA")
        self.key_id, self.kind, version = h.get(4), h.get(-70001), h.get(-70002)
        Bytes(8)(self.key_id, "protected.key")
        LABEL(self.kind, "protected.kind")
        Uint(1, 2**32 - 1)(version, "protected.version")
        if version == 1 and len(h) != 4:
            raise Bad("protected", "has an unknown label")
        self.newer = version > 1 or self.kind not in KINDS

    def check(self):
        e, b = self.envelope, self.body
        for h in e.get(7, []):
            if h[1] == e[2]:
                raise Bad("envelope.seen", "names the author's own logbook")
        machine, re_ = 4 not in e, 8 in e
        if self.kind in ("relay", "close", "watch") or self.kind == "ack" and b[1] != "seen":
            if machine:
                raise Bad("envelope.officer", "is missing")
        if self.kind in ("received", "minute") and not machine:
            raise Bad("envelope.officer", "speaks for the machine")
        if self.kind in ("ack", "end", "opening") and not re_ or self.kind == "notice" and not re_ and \
                b[1] in ("cancellation", "correction") or self.kind == "plan" and 6 in b and not re_:
            raise Bad("envelope.re", "is missing")
        if self.kind == "notice" and b.get(9, e[5] + 1) <= e[5]:
            raise Bad("body.expires", "is not after it was composed")
        if self.kind == "say" and b.get(1, {}).get(1) == "STOP-NOW":
            if e[6] != 1:
                raise Bad("envelope.precedence", "of a stop is not flash")
            if e[3] != 1:
                raise Bad("envelope.lane", "of a stop is not urgent")
        if self.kind == "received" and any(h[1] == e[2] for h in b[1]):
            raise Bad("body.heads", "name the author's own logbook")
        if self.kind == "charter":
            c = Charter(b[1], b[2])
            if e[1] != c.line:
                raise Bad("envelope.line", "is not the charter's")
            if (9 in e) != (6 in c.v):
                raise Bad("envelope.exercise", "is not the charter's mark")

    def verify(self, key):
        if key_id(key) != self.key_id:
            raise Bad("protected.key", "is the id of another key")
        if not signed(key, encode(["Signature1", self.header, b"", self.payload]), self.sig):
            raise Bad("signature", "is not this key's")
        if self.newer:
            raise Unreadable()


# ---- charters -----------------------------------------------------------------------

CLOCK = Uint(1000, 604800000)
OFFICER_CARD = Map({1: req("id", OFFICER), 2: req("name", Text(64)), 3: req("roles", distinct(List(ROLE, 1, 4))),
                    4: req("key", public_key), 5: opt("from", TIME), 6: opt("until", TIME)})


def card_ok(v, f):
    if not any("chief" in o[3] for o in v[7]):
        raise Bad(f + ".officers", "name no chief")
    if len({o[1] for o in v[7]}) != len(v[7]):
        raise Bad(f + ".officers", "name one twice")
    for o in v[7]:
        if 5 in o and 6 in o and o[5] >= o[6]:
            raise Bad(f + ".officers", "end before they begin")


CARD = Map({1: req("party", PARTY), 2: req("name", Text(64)), 3: req("log", public_key), 4: req("receipt", public_key),
            5: req("node", public_key), 6: req("link", public_key), 7: req("officers", List(OFFICER_CARD, 1, 64)),
            8: opt("addresses", List(Text(260), 1, 8))}, card_ok)


def charter_ok(v, f):
    parties = [c[1] for c in v[5]]
    if 14 in v:
        if len(parties) != 1 or 9 in v or 10 in v:
            raise Bad("cards", "a home line has one card and no mirrors")
    elif len(parties) < 2 or parties != v.get(9) or not set(v.get(10, [])) <= set(parties):
        raise Bad("mirrors", "two parties at least, and each a mirror")
    if v[13] == bytes(16):
        raise Bad("nonce", "is all zero")
    if (v[3] > 0) != (2 in v) or (v[3] > 0) != (4 in v):
        raise Bad("previous", "stands exactly from revision 1 on, and line with it")
    keys = [k for c in v[5] for k in [c[3], c[4], c[5], c[6]] + [o[4] for o in c[7]]]
    if len(set(keys)) != len(keys) or len({key_id(k) for k in keys}) != len(keys):
        raise Bad("cards", "a key stands twice")


CHARTER = Map({
    1: req("name", Match(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")), 2: opt("line", digest), 3: req("revision", Uint(0, 2**32 - 1)),
    4: opt("previous", digest), 5: req("cards", List(CARD, 1, 16, order=lambda c: c[1])), 6: opt("exercise", true),
    7: req("clocks", Map({1: req("ack", List(CLOCK, 4, 4)), 2: req("deputy", CLOCK),
                          3: opt("lead", List(Map({1: req("class", CLASS), 2: req("min", Uint(1, 34560000000))}), 1, 13,
                                              order=lambda x: x[1])), 4: req("link_down", Uint(1000, 3600000))})),
    8: req("phrases", digest), 9: opt("mirrors", List(PARTY, 2, 16, order=lambda p: p)),
    10: opt("witnesses", List(PARTY, 1, 16, order=lambda p: p)), 11: opt("purpose", TEXT), 12: req("made", TIME),
    13: req("nonce", Bytes(16)), 14: opt("home", true)}, charter_ok)


def is_chief(card, key, at):
    return any(o[4] == key and "chief" in o[3] and o.get(5, 0) <= at < o.get(6, 2**63) for o in card[7])


class Charter:
    """A charter with its signatures; follows holds it against the one before."""

    def __init__(self, raw, signatures):
        self.raw, self.signatures = raw, signatures
        self.v = decode_all(raw, "body.charter")
        CHARTER(self.v, "body.charter")
        self.cards = {c[1]: c for c in self.v[5]}
        self.hash, self.revision = sha256(raw), self.v[3]
        self.line = self.v[2] if 2 in self.v else self.hash

    def follows(self, before, last_cards):
        v = self.v
        if before is None:
            if self.revision != 0:
                raise Bad("revision", "the first charter is not revision 0")
        else:
            if v[3] != before.revision + 1 or self.line != before.line or v[4] != before.hash:
                raise Bad("previous", "does not follow the charter before")
            if any((k in v) != (k in before.v) for k in (6, 14)) or v[1] != before.v[1] or v[12] < before.v[12]:
                raise Bad("name", "changes what a line is, or was made earlier")
        message = encode(["Signature1", encode({1: -8, -70001: "charter-signature", -70002: 1}), b"", self.raw])
        have = set()
        for s in self.signatures:
            card = (before.cards.get(s[1]) if before else None) or self.cards.get(s[1])
            if card is None:
                raise Bad("signatures", "of somebody who is not on it")
            if not is_chief(card, s[2], v[12]) or not signed(s[2], message, s[3]):
                raise Bad("signatures", "%s: not by a chief of that time" % s[1])
            if before and s[1] not in before.cards and s[1] in last_cards and \
                    not is_chief(last_cards[s[1]], s[2], v[12]):
                raise Bad("signatures", "%s comes back without a chief of its own last card" % s[1])
            have.add(s[1])
        wanted = set(self.cards)
        if before and len(set(before.cards) & wanted) < 2:
            wanted |= set(before.cards)
        if not wanted <= have:
            raise Bad("signatures", "missing of %s" % ", ".join(sorted(wanted - have)))


# ---- logbooks: logbook.md -------------------------------------------------------------

ORIGIN_FORM = re.compile(r"parley/1/([0-9a-f]{64})/([A-Z][A-Z0-9-]{0,15})/(urgent|routine)/([1-9][0-9]{0,9})", re.ASCII)


class Tree:
    """RFC 6962 roots of all beginnings of a list of leaves."""

    def __init__(self):
        self.peaks, self.size, self.roots = [], 0, [sha256()]

    def add(self, leaf_hash):
        node, n = leaf_hash, self.size
        while n & 1:
            node = sha256(b"\x01", self.peaks.pop(), node)
            n >>= 1
        self.peaks.append(node)
        self.size += 1
        root = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            root = sha256(b"\x01", left, root)
        self.roots.append(root)


class Note:
    """A checkpoint: origin, size, root, and its signature lines as (name, key hash, rest)."""

    def __init__(self, raw):
        if len(raw) > 16384:
            raise Bad("note", "is longer than 16,384 bytes")
        try:
            text, rest = raw.decode("utf-8").split("\n\n")
        except ValueError:
            raise Bad("note", "is not a text, an empty line and signatures")
        lines = text.split("\n")
        if len(lines) != 3 or not rest.endswith("\n"):
            raise Bad("note", "has not exactly three lines before its signatures")
        self.text, (self.origin, size, root) = text + "\n", lines
        m = ORIGIN_FORM.fullmatch(self.origin)
        if not m or int(m[4]) >= 2**32:
            raise Bad("note", "has no origin of ours")
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size, re.ASCII) or int(size) > 2**48:
            raise Bad("note", "has no size")
        self.size, self.root = int(size), unbase64(root)
        if len(self.root) != 32:
            raise Bad("note", "has no root")
        self.signatures, seen = [], set()
        for one in rest[:-1].split("\n"):
            m = re.fullmatch("\u2014 ([!-*,-~]{1,255}) ([A-Za-z0-9+/=]+)", one)
            if not m or len(unbase64(m[2])) < 5:
                raise Bad("note", "has a line that is no signature")
            sig = unbase64(m[2])
            if (m[1], sig[:4]) in seen:
                raise Bad("note", "has one signature twice")
            seen.add((m[1], sig[:4]))
            self.signatures.append((m[1], sig[:4], sig[4:]))
        if len(self.signatures) > 32:
            raise Bad("note", "has more than 32 signatures")

    def signed_by_author(self, key):
        """Whether the log's own line is there and good."""
        want = sha256(self.origin.encode(), b"\n\x01", key)[:4]
        return any(n == self.origin and h == want and signed(key, self.text.encode(), s)
                   for n, h, s in self.signatures)

    def receipt_ok(self, name, key_hash, sig, key):
        if key_hash != sha256(name.encode(), b"\n\x04", key)[:4] or len(sig) != 72:
            return False
        text = "cosignature/v1\ntime %d\n%s" % (int.from_bytes(sig[:8], "big"), self.text)
        return signed(key, text.encode(), sig[8:])


def unbase64(s):
    try:
        raw = base64.b64decode(s, validate=True)
    except ValueError:
        raise Bad("note", "has a line that is not base64")
    if base64.b64encode(raw).decode() != s:
        raise Bad("note", "has base64 in a second form")
    return raw


def book_name(key):
    return "%s/%s%s" % (key[0], LANES[key[1]], "" if key[2] == 1 else "#%d" % key[2])


class Book:
    """One logbook of a bundle: leaves (None where damaged), checkpoints, and what follows from them."""

    def __init__(self, origin):
        self.origin = origin
        self.line, self.party, lane, incarnation = ORIGIN_FORM.fullmatch(origin).groups()
        self.lane, self.incarnation = {"urgent": 1, "routine": 2}[lane], int(incarnation)
        self.leaves, self.notes, self.records, self.tree = [], [], [], Tree()

    def key(self):
        return self.party, self.lane, self.incarnation

    def order(self):
        return self.lane, self.party, self.incarnation

    def name(self):
        return book_name(self.key())

    def grow(self):
        for leaf in self.leaves:
            self.tree.add(sha256(b"\x00", leaf))

    def leaf_hash(self, i):
        return sha256(b"\x00", self.leaves[i])


# ---- the file: logbook.md, A line as a file ---------------------------------------------

MAGIC = b"parley bundle 1\n"


class Bundle:
    """What a file says: header, charters, logbooks. Damage is the first fault of the file itself."""

    def __init__(self, data):
        self.data, self.at, self.index, self.damage, self.more = data, 0, 0, None, 0
        self.header, self.charters, self.books, self.name = None, [], [], ""
        try:
            self.read()
        except Bad as e:
            self.hurt(e.field, e.what)

    def hurt(self, place, what):
        if self.damage is None:
            self.damage = place, what
        else:
            self.more += 1

    def broken(self, at, what):
        return Bad("file framing at byte %d" % at, what)

    def read(self):
        if self.data[:16] != MAGIC:
            if len(self.data) < 16:
                raise self.broken(len(self.data), "the file ends inside the first 16 bytes")
            i = next(i for i in range(16) if self.data[i] != MAGIC[i])
            self.hurt("file framing at byte %d" % i, "this is not the beginning of a bundle")
        self.at = 16
        h = self.map(1, "header", HEADER)
        if h is None:
            return
        if h[1] != 1 or h[5] > 1024 or h[6] > 1024:
            raise Bad("header", "has another format, or more charters or logbooks than there can be")
        self.header, self.name = h, h[2][:8].hex()
        for i in range(h[5]):
            self.charters.append(self.item(2, "charter %d" % i))
            try:
                self.name = decode(decode(self.charters[-1])[0][1])[0][1]
            except (ValueError, LookupError, TypeError):
                pass
        total = 0
        for i in range(h[6]):
            total = self.logbook("logbook %d of the file" % (i + 1), total)
        at, digest_ = self.at, sha256(self.data[:self.at])
        if self.item(6, "the end of the file") != digest_ and self.damage is None:
            self.hurt("file framing at byte %d" % at, "the digest of the whole file is another")
        if self.at != len(self.data):
            raise self.broken(self.at, "bytes after the end")

    def logbook(self, place, total):
        h = self.map(3, place, LOG_HEADER)
        if h is None:
            raise self.broken(self.at, "without the counts the rest cannot be told apart")
        ORIGIN_RULE(h[1], place)
        b = Book(h[1])
        if self.books and (b.lane, b.party, b.incarnation) <= self.books[-1].order():
            self.hurt(place, "is out of order")
        total += h[2] + h[3]
        if total > 4194304:
            raise Bad(place, "more entries and checkpoints than a file can have")
        self.books.append(b)
        for i in range(h[2]):
            b.leaves.append(self.item(4, "%s/%s/%d" % (self.name, b.name(), i + 1)))
        for i in range(h[3]):
            n = self.map(5, "%s/%s/checkpoint no. %d of %d" % (self.name, b.name(), i + 1, h[3]), NOTE_AT)
            if n is not None:
                b.notes.append((n[1], n[2]))
        return total

    def string(self, where, most):
        """A byte string of the framing; its length is held to most before anything is taken."""
        at = self.at
        self.need(1, where)
        first = self.data[at]
        if first >> 5 != 2 or first & 31 > 26:
            raise self.broken(at, "want the head of a byte string in %s" % where)
        wide = 1 << (first & 31) - 24 if first & 31 >= 24 else 0
        self.at += 1
        self.need(wide, where)
        n = int.from_bytes(self.data[self.at:self.at + wide], "big") if wide else first & 31
        if head(2, n) != self.data[at:at + 1 + wide]:
            raise self.broken(at, "the length in %s is not in its shortest form" % where)
        if n > most:
            raise self.broken(at, "%d bytes in %s, at most %d" % (n, where, most))
        self.at += wide
        self.need(n, where)
        self.at += n
        return self.data[self.at - n:self.at]

    def need(self, n, where):
        if len(self.data) - self.at < n:
            self.at = len(self.data)
            raise self.broken(self.at, "the file ends inside %s" % where)

    def item(self, kind, place):
        """The item that must come next; where only its content is wrong, reading goes on."""
        at = self.at
        if at > 2**30:
            raise self.broken(at, "the file is larger than 1 GiB")
        self.need(2, place)
        if self.data[at] != 0x83:
            raise self.broken(at, "want an item (83) for %s" % place)
        self.at += 2
        content = self.string(place, 65536)
        total = self.string("the sum of " + place, 8)
        if self.data[at + 1] != kind:
            self.hurt(place, "item of another kind")
        elif total != sha256(b"parley item v1\n", self.index.to_bytes(8, "big"), bytes([kind]), content)[:8]:
            self.hurt(place, "its bytes are not those that were written")
        self.index += 1
        return content

    def map(self, kind, place, rule):
        """An item that is a CBOR map: None where it is none; a second encoding is damage, and read on."""
        content = self.item(kind, place)
        try:
            v, end = decode(content, strict=False)
            if end != len(content):
                raise ValueError("bytes behind its end")
            rule(v, place)
        except (ValueError, Bad) as e:
            self.hurt(place, "is not the map that it should be: %s" % e)
            return None
        if encode(v) != content:
            self.hurt(place, "not in the one encoding")
        return v


ORIGIN_RULE = Match(ORIGIN_FORM.pattern)
UINT32, UINT64 = Uint(0, 2**32 - 1), Uint(0, 2**64 - 1)
HEADER = Map({1: req("format", UINT32), 2: req("line", Bytes(32)), 3: req("exporter", PARTY), 4: req("made", TIME),
              5: req("charters", UINT32), 6: req("logs", UINT32)})
LOG_HEADER = Map({1: req("origin", Match(".*")), 2: req("entries", UINT64), 3: req("checkpoints", UINT64)})
NOTE_AT = Map({1: req("size", UINT64), 2: req("note", Bytes(0, 65536))})


# ---- what is held against what: logbook.md, the last section ---------------------------------


class Verifier:
    """Judges one file; what it finds stands in problems and remarks, each with its place."""

    def __init__(self, data):
        self.problems, self.remarks = [], []
        self.counts = {"charters": 0, "logbooks": 0, "entries": 0, "records": 0, "checkpoints": 0, "receipts": 0}
        self.charters, self.last_cards, self.books, self.name = [], {}, {}, ""
        self.file = f = Bundle(data)
        if f.damage:
            self.problem(f.damage[0], f.damage[1] + (" (and %d more)" % f.more if f.more else ""))
        self.exporter = (f.header or {}).get(3)
        self.read_charters()
        if not self.charters:
            self.problem("charter 0", "no charter that all parties have signed, so nothing can be proved")
            return
        if f.header[2] != self.charters[0].line:
            self.problem("header", "names another line than the charters")
        for b in sorted(f.books, key=Book.order):
            self.read_book(b)
        for p in sorted(self.last_cards):
            for lane in LANES:
                if (p, lane, 1) not in self.books:
                    self.problem("%s/%s" % (self.name, book_name((p, lane, 1))), "the logbook is not in this copy")
        for b in self.books.values():
            for i, r in enumerate(b.records):
                if r:
                    self.hold(b, i, r)

    def problem(self, place, what):
        self.problems.append({"place": place, "what": what})

    def remark(self, place, what):
        self.remarks.append({"place": place, "what": what})

    def verdict(self):
        return {"ok": not self.problems, "problems": self.problems, "remarks": self.remarks, "counts": self.counts}

    def place(self, key, index):
        return "%s/%s/%d" % (self.name, book_name(key), index + 1)

    # -- charters --

    def read_charters(self):
        """The chain: first those that the file gives, then those that stand in its logbooks."""
        for i, raw in enumerate(self.file.charters):
            try:
                self.add_charter(decode_all(raw, "charter"))
            except Bad as e:
                self.problem("%s %d" % (self.name + "/charter" if self.charters else "charter", i), "%s: %s" % (e.field, e.what))
                break
        before = -1
        while before < len(self.charters):
            before = len(self.charters)
            for b in self.file.books:
                for leaf in b.leaves:
                    if b"gcharter" in leaf[:64]:
                        try:
                            r = Record(leaf)
                            if r.kind == "charter" and not r.newer and self.fits(b, r):
                                self.add_charter(r.body)
                        except Bad:
                            pass
        self.counts["charters"] = len(self.charters)

    def add_charter(self, v):
        KINDS["charter"](v, "charter")
        c = Charter(v[1], v[2])
        if any(c.hash == old.hash for old in self.charters):
            return
        c.follows(self.charters[-1] if self.charters else None, self.last_cards)
        self.charters.append(c)
        self.last_cards.update(c.cards)
        self.name = self.charters[0].v[1]

    def fits(self, b, r):
        e = r.envelope
        return (e[1].hex(), e[2], e[3]) == (b.line, b.party, b.lane)

    # -- one logbook --

    def read_book(self, b):
        place = "%s/%s" % (self.name, b.name())
        if b.line != self.charters[0].line.hex():
            return self.problem(place, "is a logbook of another line")
        if b.party not in self.last_cards:
            return self.problem(place, "no charter names its party")
        if b.key() in self.books:
            return self.problem(place, "is there twice")
        self.books[b.key()] = b
        self.counts["logbooks"] += 1
        b.grow()
        b.marks = []  # (index, charter): from where on each charter is in force here
        for i, leaf in enumerate(b.leaves):
            self.counts["entries"] += 1
            b.records.append(None)
            try:
                r = Record(leaf)
                if r.newer:
                    raise Bad("protected.version", "a newer release wrote it")
                self.begins(b, i, r)
                self.entitled(b, i, r)
                b.records[i] = r
                self.counts["records"] += 1
            except Bad as e:
                self.problem(self.place(b.key(), i), "%s: %s" % (e.field, e.what))
        self.read_notes(b, place)

    def begins(self, b, i, r):
        """Notes a charter record, and wants one at the beginning."""
        if r.kind != "charter":
            if i == 0:
                self.problem(self.place(b.key(), 0), "a logbook begins with the line's charter")
            return
        c = next((c for c in self.charters if c.raw == r.body[1]), None)
        if c is None or not self.fits(b, r) or b.marks and c.revision <= b.marks[-1][1].revision:
            self.problem(self.place(b.key(), i), "the charter in it is not the next of the chain")
        else:
            b.marks.append((i, c))

    def entitled(self, b, i, r):
        """Who may say what: place, exercise mark, the key in force there and its role; then the signature."""
        e, now = r.envelope, self.charters[-1].v
        if not self.fits(b, r):
            raise Bad("envelope", "is of another line, party or lane than its logbook")
        if r.kind in HOME_KINDS and 14 not in now:
            raise Bad("protected.kind", "belongs on a home line")
        if (9 in e) != (6 in now):
            raise Bad("envelope.exercise", "is not the line's")
        before = [c for at, c in b.marks if at < i][-1:]
        for c in [c for at, c in b.marks if at == i] + before:
            card = c.cards.get(b.party)
            if card is None:
                continue
            if key_id(card[5]) == r.key_id:
                if 4 in e:
                    raise Bad("envelope.officer", "is not the machine, whose key signed")
                return r.verify(card[5])
            for o in card[7]:
                if key_id(o[4]) == r.key_id and o.get(5, 0) <= e[5] < o.get(6, 2**63):
                    if o[1] != e.get(4):
                        raise Bad("envelope.officer", "is not the officer whose key signed")
                    if set(o[3]) == {"observer"} and not (r.kind == "ack" and r.body[1] in ("seen", "read")):
                        raise Bad("envelope.officer", "is an observer, who says nothing but seen and read")
                    return r.verify(o[4])
        raise Bad("protected.key", "is of no key in force there at that time")

    def read_notes(self, b, place):
        last = 0
        for size, raw in b.notes:
            at = "%s/checkpoint %d" % (place, size)
            try:
                if size <= last:
                    raise Bad("note", "is not above the one before")
                note = Note(raw)
                if note.size != size or note.origin != b.origin:
                    raise Bad("note", "is of another logbook or size")
                if not any(note.signed_by_author(k) for k in self.log_keys(b, last, size)):
                    raise Bad("note", "is not signed by its author's key")
                if size > len(b.leaves) or note.root != b.tree.roots[size]:
                    raise Bad("note", "has not the root of the entries")
            except Bad as e:
                self.problem(at, e.what)
                continue
            last = size
            self.counts["checkpoints"] += 1
            self.read_receipts(b, at, note)
        if last < len(b.leaves):
            self.problem(self.place(b.key(), last), "stands under no checkpoint")

    def log_keys(self, b, last, size):
        """The author's keys in the charters in force from the checkpoint before up to this one."""
        low = max([c.revision for at, c in b.marks if at < max(last, 1)], default=0)
        high = max([c.revision for at, c in b.marks if at < size], default=len(self.charters) - 1)
        return [c.cards[b.party][3] for c in self.charters[low:high + 1] if b.party in c.cards]

    def read_receipts(self, b, at, note):
        others = 0
        for name, key_hash, sig in note.signatures:
            m = re.fullmatch(r"([A-Z][A-Z0-9-]{0,15})/mirror", name, re.ASCII)
            if not m or len(sig) != 72 or not 1 <= int.from_bytes(sig[:8], "big") <= 7258118399:
                others += 1
                continue
            keys = [c.cards[m[1]][4] for c in self.charters if m[1] in c.cards]
            if m[1] == b.party or not any(note.receipt_ok(name, key_hash, sig, k) for k in keys):
                self.problem("%s/receipt %s" % (at, name), "is no true receipt")
            else:
                self.counts["receipts"] += 1
        if others != 1:
            self.problem(at, "has signatures that are neither its author's nor a mirror's")

    # -- what records say of others --

    def hold(self, b, i, r):
        place, ref = self.place(b.key(), i), r.envelope.get(8)
        for h in r.envelope.get(7, []):
            self.hold_head(place, h)
        if ref:
            self.hold_ref(b, i, place, ref)
        for h in r.body[1] if r.kind == "received" else []:
            self.hold_head(place, h)
        if r.kind == "opening" and ref:
            self.hold_opening(b, place, r, ref)

    def held(self, place, key, size):
        """The logbook if it holds size entries. Its end may be missing, but not from its author's own copy."""
        book = self.books.get(key)
        if book is None:
            self.problem(place, "names %s, which is not in this copy" % book_name(key))
        elif len(book.leaves) < size:
            say = self.problem if key[0] == self.exporter else self.remark
            say(place, "names %s, this copy ends at %d" % (self.place(key, size - 1), len(book.leaves)))
        else:
            return book
        return None

    def hold_ref(self, b, i, place, ref):
        book = self.held(place, (ref[1], ref[2], ref[3]), ref[4] + 1)
        if book is b and ref[4] >= i:
            self.problem(place, "is about an entry that comes after it")
        elif book and book.leaf_hash(ref[4]) != ref[5]:
            self.problem(place, "is about another record than the one that stands there")

    def hold_head(self, place, h):
        book = self.held(place, (h[1], h[2], h[3]), h[4])
        if book and book.tree.roots[h[4]] != h[5]:
            self.problem(place, "fork: names another history of %s" % book.name())

    def hold_opening(self, b, place, r, ref):
        book = self.books.get((ref[1], ref[2], ref[3]))
        what = book.records[ref[4]] if book and ref[4] < len(book.records) else None
        if what is None:
            return self.remark(place, "what it opens is not in this copy")
        hidden = None
        if what.kind == "relay" and 4 in r.body:
            hidden, opened = what.body[1], sha256(b"parley origin v1\n", r.body[2], encode(r.body[4]))
        elif what.kind == "notice" and 4 not in r.body:
            hidden = next((c[2] for c in what.body.get(10, []) if c[1] == r.body[1]), None)
            opened = sha256(b"parley closed v1\n", r.body[2], r.body[3])
        if book.party != b.party or hidden is None or opened != hidden:
            self.problem(place, "does not open what it is about, or not as its author")


def verify(data):
    return Verifier(data).verdict()


# ---- vectors and the command -----------------------------------------------------------------


def judge_record(v):
    try:
        key = base64.b64decode(v["public_key"])
        r = Record(bytes.fromhex(v["leaf"]))
        r.verify(key)
        return {"verdict": "good"}
    except Bad as e:
        field = e.field.split(".")
        return {"verdict": "invalid", "field": "payload" if field[0] in ("envelope", "body") else field[0]}
    except Unreadable:
        return {"verdict": "unreadable"}


def judge_checkpoint(v):
    """A checkpoint or receipt: good, or which of note, signature, root, receipt is wrong."""
    key = base64.b64decode(v["public_key"])
    try:
        note = Note(base64.b64decode(v["note"]))
    except Bad:
        return {"verdict": "invalid", "field": "note"}
    if note.origin != v["origin"]:
        return {"verdict": "invalid", "field": "origin"}
    if not note.signed_by_author(key):
        return {"verdict": "invalid", "field": "signature"}
    if "leaves" in v:
        t = Tree()
        for leaf in v["leaves"]:
            t.add(sha256(b"\x00", bytes.fromhex(leaf)))
        if t.size != note.size or t.roots[-1] != note.root:
            return {"verdict": "invalid", "field": "root"}
    for name, key_hash, sig in note.signatures:
        if name == note.origin:
            continue
        if name != v.get("receipt_name") or not note.receipt_ok(name, key_hash, sig, base64.b64decode(v["receipt_key"])):
            return {"verdict": "invalid", "field": "receipt"}
    return {"verdict": "good"}


def judge_charters(v):
    """Charter records, one after the other from revision 0."""
    before, cards = None, {}
    for i, raw in enumerate(v["charters"]):
        try:
            body = decode_all(bytes.fromhex(raw), "charter")
            KINDS["charter"](body, "charter")
            c = Charter(body[1], body[2])
            c.follows(before, cards)
        except Bad:
            return {"verdict": "invalid", "field": "charter %d" % i}
        before = c
        cards.update(c.cards)
    return {"verdict": "good"}


def judge_vectors(folder):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(where, name)
            if name.endswith(".json"):
                with open(path, encoding="utf-8") as f:
                    v = json.load(f)
                kind = os.path.basename(where)
                judge = {"record": judge_record, "checkpoint": judge_checkpoint, "line": judge_charters}.get(kind)
                if judge:
                    yield dict(judge(v), vector=kind + "/" + name)
            elif name.endswith(".parley"):
                with open(path, "rb") as f:
                    yield dict(verify(f.read()), vector=os.path.basename(where) + "/" + name)


def main(args):
    out = functools.partial(json.dumps, ensure_ascii=False, sort_keys=True)
    if len(args) == 2 and args[0] == "--vectors":
        n = 0
        for n, v in enumerate(judge_vectors(args[1]), 1):
            print(out(v))
        return 0 if n else 2
    if not args or args[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    code = 0
    for path in args:
        try:
            with open(path, "rb") as f:
                v = verify(f.read(2**30 + 1))
        except OSError as e:
            print("couldn't read %s: %s" % (path, e), file=sys.stderr)
            return 2
        print(out(dict(v, file=path)))
        code = code or (0 if v["ok"] else 3)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
