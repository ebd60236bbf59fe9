# A Modbus device made of pymodbus 3.0 (Debian: python3-pymodbus): the foreign
# party of connect/modbus.
#
# server.py PORT [tcp|rtu|ascii]
#
# PORT is a TCP port, or a serial port when it is a path. RTU and ASCII on a TCP
# port are what a serial server passes on.
#
# Unit 7 has values of every type in every order, encoded here with struct, in
# holding and input registers alike; addresses that are not listed do not
# exist. Commands come as JSON lines on standard input, what happens goes as
# JSON lines to standard output.
import asyncio
import json
import struct
import sys
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def words(raw):
    return list(struct.unpack(f">{len(raw) // 2}H", raw))


def orders(raw):
    """The four orders in use, as documentation of devices describes them."""
    swapped = b"".join(raw[i : i + 2][::-1] for i in range(0, len(raw), 2))
    abcd, badc = words(raw), words(swapped)
    return [abcd, abcd[::-1], badc, badc[::-1]]


def registers():
    r = {0: words(struct.pack(">h", -1234)), 1: [65535], 2: [0b1000_0000_0000_1001]}
    for at, form, value in [
        (10, ">i", -70000),
        (20, ">I", 4000000000),
        (30, ">f", 1000.5),
        (40, ">q", -9007199254740991),
        (60, ">Q", 9007199254740991),
        (80, ">d", -0.1),
    ]:
        raw = struct.pack(form, value)
        for i, one in enumerate(orders(raw)):
            r[at + i * len(raw) // 2] = one
    r[100] = [0x1234]
    r[101], r[103], _, _ = orders(bytes.fromhex("12345678"))
    r[110] = words("CNC-7 磨床".encode().ljust(16, b"\0"))
    r[118] = words(b"OC81    ")  # CO18 with the bytes of each register swapped
    r[130] = words(struct.pack(">q", 2**53 + 1))
    r[134] = words(struct.pack(">Q", 2**64 - 1))
    r[138] = words(struct.pack(">d", float("nan")))
    r[142] = [0x1A00]  # no BCD number
    r[200], r[203] = [200, 201], [203, 204]  # 202 does not exist
    r[300] = [0] * 20
    return ModbusSparseDataBlock(r)


def commands(unit):
    for line in sys.stdin:
        c = json.loads(line)
        if c["op"] == "set":
            unit.setValues(c["function"], c["at"], c["words"])
            say("set")
        if c["op"] == "get":
            say("got", words=unit.getValues(c["function"], c["at"], c["count"]))


async def main():
    unit = ModbusSlaveContext(
        hr=registers(),
        ir=registers(),
        co=ModbusSparseDataBlock({0: [i % 3 == 0 for i in range(20)], 40: [False] * 4}),
        di=ModbusSparseDataBlock({0: [i % 2 == 1 for i in range(20)]}),
        zero_mode=True,
    )
    context = ModbusServerContext(slaves={7: unit}, single=False)
    identity = ModbusDeviceIdentification(info_name={"VendorName": "Xinghai", "ProductCode": "ML-7", "MajorMinorRevision": "2.1"})
    port, form = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "tcp"
    framer = {"tcp": ModbusSocketFramer, "rtu": ModbusRtuFramer, "ascii": ModbusAsciiFramer}[form]
    # On a line nobody answers for a unit that is not there.
    common = {"context": context, "identity": identity, "framer": framer, "defer_start": True, "ignore_missing_slaves": form != "tcp"}
    if port.startswith("/"):
        server = await StartAsyncSerialServer(port=port, baudrate=19200, timeout=0.01, **common)
        await server.start()
        running = asyncio.create_task(server.serve_forever())
    else:
        server = await StartAsyncTcpServer(address=("127.0.0.1", int(port)), allow_reuse_address=True, **common)
        running = asyncio.create_task(server.serve_forever())
        await server.serving
    threading.Thread(target=commands, args=(unit,), daemon=True).start()
    say("listening")
    await running


asyncio.run(main())
