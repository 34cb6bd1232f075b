"""Makes the IPD vectors and, beside each, what a reader has to find in it. Knows nothing of the product's code."""
import base64, json, pathlib, struct

here = pathlib.Path(__file__).parent
MAGIC = b"Inter@ctive Pager Backup/Restore File"


def head(*names, first=b"\n", version=2, count=None):
    count = len(names) if count is None else count
    listed = b"".join(struct.pack("<H", len(n)) + n for n in names)
    return MAGIC + first + bytes([version]) + struct.pack(">H", count) + b"\0" + listed


def fields(*pairs):
    return b"".join(struct.pack("<HB", len(data), kind) + data for kind, data in pairs)


def record(database, version, handle, uid, *pairs, tail=b""):
    body = fields(*pairs) + tail
    head = struct.pack("<HIBHI", database, 7 + len(body), version, handle, uid)
    found = {"kind": "record", "database": database, "version": version, "handle": handle, "uniqueId": uid}
    found["fields"] = [[kind, data.hex()] for kind, data in pairs]
    return head + body, found | {"tail": tail.hex()}


def opaque(database, body):
    return struct.pack("<HI", database, len(body)) + body, {"kind": "opaque", "database": database, "body": body.hex()}


def rest(reason, data):
    return data, {"kind": "rest", "reason": reason, "bytes": data.hex()}


def vector(name, names, *parts):
    found = [{"kind": "header", "names": [n.hex() for n in names]}, *(p[1] for p in parts)]
    (here / f"{name}.ipd").write_bytes(head(*names) + b"".join(p[0] for p in parts))
    (here / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


def refused(name, data, code):
    (here / f"{name}.ipd").write_bytes(data)
    (here / f"{name}.json").write_text(json.dumps({"refused": code}) + "\n")


one = [b"Memos\0"]
good = record(0, 0, 1, 7, (1, b"Title\0"), (2, b"Body\0"))
vector("empty", [])
vector("names", [b"Address Book\0", b"Caf\xe9\0", b"No NUL", b"Three\0\0\0", b"", b"\xff\xfe\0"])
vector("fields", [b"Address Book\0", b"Calendar\0"],
       record(0, 0, 1, 0x11111111, (32, b""), (32, b"Last\0"), (32, b"First\0"), (255, b"\0")),
       record(1, 5, 2, 0x22222222, (1, b"*"), (12, bytes(20))),
       # Handles skip and repeat, unique ids repeat, versions differ within a database, a record without fields.
       record(1, 0, 9, 0x22222222), record(1, 5, 9, 0xFFFFFFFF, (10, fields((2, b"nested\0"), (3, b"")))))
vector("overrun", one, good,
       record(0, 0, 2, 8, (1, b"x"), tail=struct.pack("<HB", 9, 2) + b"short"),
       record(0, 0, 3, 9, tail=b"\1"), record(0, 0, 4, 10, (1, b""), tail=b"\1\0"), good)
vector("short-record", one, good, opaque(0, b""), opaque(0, b"\1\2\3\4\5\6"), good)
vector("unknown-database", one, record(1, 0, 1, 1, (1, b"a")), record(0xFFFE, 0, 2, 2), good)
vector("marker-end", one, good, rest("marker", struct.pack("<HI", 0xFFFF, 0) + good[0] + b"anything"))
vector("marker-body", one, good, opaque(0xFFFF, b"12345"), good)
vector("marker-overrun", one, good, rest("marker", struct.pack("<HI", 0xFFFF, 1000) + good[0]))
vector("marker-cut", one, good, rest("marker", b"\xff\xff\x05"))
vector("cut", one, good, rest("cut", good[0][:20]))
vector("overlong", one, good, rest("overlong", struct.pack("<HI", 0, 0xFFFFFFFF) + bytes(range(40))))
# Above 255 databases a little-endian count would be 1 + 256 * 3.
vector("big-endian-count", [b"%x\0" % i for i in range(0x103)], record(0x102, 1, 1, 1, (1, b"last")))

refused("refused-empty", b"", "ERR_IPD_TRUNCATED")
refused("refused-magic", b"JARCS\0" + bytes(60), "ERR_IPD_MAGIC")
refused("refused-separator", head(*one)[:41] + b"\1" + head(*one)[42:], "ERR_IPD_MAGIC")
refused("refused-version", head(*one, version=3), "ERR_IPD_VERSION")
refused("refused-password", head(*one, first=b" ") + bytes(30), "ERR_IPD_ENCRYPTED")
refused("refused-header-cut", head(*one, count=2), "ERR_IPD_TRUNCATED")


def holdfast():
    """The example of docs/format/backup-file.md."""
    b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
    ids = lambda start, size=16: bytes(range(start, start + size))
    device, chain, set_, keyring = ids(0), ids(16), ids(32), ids(48)
    place = f"{b64(device)}/{b64(chain)}"
    parts, objects = [], {}

    def add(database, *pairs):
        number = len(parts) + 1
        parts.append(record(database, 1, number, number, *pairs))

    def segment(stream, target, id_, salt, *frames):
        database = ids(64)
        opening = set_ + database + bytes([stream]) + id_ + salt + struct.pack(">I", len(frames)) + place.encode()
        add(2, (1, opening))
        for frame in frames:
            add(target, (0x48, frame))
        objects[f"{place}/s/{b64(set_)}/{b64(id_)}"] = {
            "kind": "segment", "set": set_.hex(), "database": database.hex(), "stream": ["data", "index"][stream],
            "id": id_.hex(), "salt": salt.hex(), "frames": [f.hex() for f in frames]}

    def small(kind, type_, name, data):
        add(2, (type_, f"{place}/{name}".encode()), (0x48, data))
        objects[f"{place}/{name}"] = {"kind": kind, "bytes": data.hex()}

    segment(0, 0, ids(80, 8), ids(96), b"\x00\xff\x01\xfe", b"abc")
    segment(1, 2, ids(88, 8), ids(112), b"index")
    small("envelope", 2, f"k/{b64(keyring)}-0", b"{envelope}")
    small("checkpoint", 4, f"m/0000000001-{b64(set_)}", b"checkpoint")
    small("manifest", 5, f"m/0000000001-{b64(set_)}", b"manifest")
    vector("holdfast", [b"Address Book\0", b"Memos\0", b"Holdfast\0"], *parts)
    (here / "holdfast.objects.json").write_text(json.dumps(objects, indent=1) + "\n")


holdfast()
