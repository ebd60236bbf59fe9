# An energy meter by DL/T 645-2007 on a serial port, with pyserial: the other side
# of connect/dlt645, written from the standard and sharing nothing with it.
#
# meter.py PORT ADDRESS
#
# What happens goes as JSON lines to standard output.
import json
import sys

import serial

port = serial.Serial(sys.argv[1], 2400, timeout=0.02)
me = bytes.fromhex(sys.argv[2])[::-1]
anybody = b"\xaa" * 6

# Data by identifier, as it stands on the wire without the offset.
data = {
    "00010000": "78563412",  # 123456.78 kWh
    "02010100": "0522",  # 220.5 V
    "0201FF00": "052206220722",
    "02020100": "345692",  # -125.634 A
    "02030000": "563402",
    "02800002": "0050",
    "04000402": "010000002026",
    "00020000": "ffffffff",  # the meter has no such value
}
long = bytes(range(0x10, 0x20)) * 4  # comes in three frames
quiet = 0


def frame(control, body):
    b = b"\x68" + me + b"\x68" + bytes([control, len(body)]) + bytes((x + 0x33) & 0xFF for x in body)
    return b"\xfe\xfe\xfe\xfe" + b + bytes([sum(b) & 0xFF, 0x16])


def answer(control, body):
    if control == 0x13:
        return frame(0x93, me)
    name = body[:4][::-1].hex().upper()
    if control == 0x11 and name == "0001FF00":
        return frame(0xB1, body[:4] + long[:24])
    if control == 0x12 and name == "0001FF00":
        n = body[4]
        part = long[24 * n : 24 * n + 24]
        return frame(0xB2 if 24 * n + 24 < len(long) else 0x92, body[:4] + part + bytes([n]))
    if control == 0x11 and name in data:
        return frame(0x91, body[:4] + bytes.fromhex(data[name]))
    return frame(control | 0xC0, b"\x02")


print(json.dumps({"event": "listening"}), flush=True)
heard = b""
while True:
    heard += port.read(256)
    while (at := heard.find(b"\x68")) >= 0:
        heard = heard[at:]
        if len(heard) < 12 or len(heard) < 12 + heard[9]:
            break
        size = 12 + heard[9]
        f, rest = heard[:size], heard[size:]
        if f[7] != 0x68 or f[-1] != 0x16 or sum(f[:-2]) & 0xFF != f[-2]:
            heard = heard[1:]
            continue
        heard = rest
        if f[1:7] in (me, anybody):
            port.write(answer(f[8], bytes((x - 0x33) & 0xFF for x in f[10:-2])))
