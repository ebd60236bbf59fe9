# A Modbus TCP machine with set points, made of pymodbus 3.0 (Debian:
# python3-pymodbus): the foreign party of shop/control.
#
# setpoints.py PORT
#
# Unit 1. Commands come as JSON lines on standard input, what happens goes as
# JSON lines to standard output: what a master writes is said as "written". All of
# that is kept in the file SETPOINTS_LOG with ".modbus" behind it, where there is one.
import asyncio
import json
import os
import struct
import sys
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer

writes = 0
PLACES = {"feed": 0, "clamped": 1, "doomed": 2, "guard": 3, "mode": 4, "program": 10, "level": 20}
CLAMP = 100
LOG = os.environ.get("SETPOINTS_LOG", "")


def say(event, **more):
    global writes
    if event == "written":
        writes += 1
        if LOG:
            with open(LOG + ".modbus", "a", encoding="utf-8") as log:
                log.write(json.dumps({"name": more["name"], "words": [int(v) for v in more["words"]]}) + "\n")
    print(json.dumps({"event": event, **more}), flush=True)


class Registers(ModbusSparseDataBlock):
    """Holding registers that the machine has its own mind about."""

    hidden = set()

    def validate(self, address, count=1):
        return super().validate(address, count) and not self.hidden.intersection(range(address, address + count))

    def setValues(self, address, values, use_as_default=False):
        if not hasattr(self, "ready"):
            return super().setValues(address, values, use_as_default)
        name = next((n for n, at in PLACES.items() if at == address), str(address))
        say("written", name=name, words=list(values))
        if name == "doomed":
            os._exit(0)  # the plug is pulled before the answer
        if name == "clamped":
            values = [min(v, CLAMP) for v in values]
        return super().setValues(address, values, use_as_default)

    def put(self, address, values):
        super().setValues(address, values)


class Coils(ModbusSparseDataBlock):
    def setValues(self, address, values, use_as_default=False):
        if hasattr(self, "ready"):
            say("written", name="lamp", words=[int(v) for v in values])
        return super().setValues(address, values, use_as_default)


def registers():
    r = {0: [1000], 1: [50], 2: [0], 3: [1], 4: [1]}
    r[10] = list(struct.unpack(">4H", b"P-1".ljust(8, b"\0")))
    r[20] = list(struct.unpack(">2H", struct.pack(">f", 1.5)))
    return Registers(r)


def commands(block):
    for line in sys.stdin:
        c = json.loads(line)
        at = PLACES.get(c.get("name"))
        if c["op"] == "set":
            block.put(at, [c["value"]])
            say("set")
        if c["op"] == "hide":
            block.hidden = {at}
            say("hidden")
        if c["op"] == "forget":
            global writes
            writes = 0
            say("forgotten")
        if c["op"] == "writes":
            say("writes", n=writes)
        if c["op"] == "get":
            say("got", words=[block.getValues(at + i, 1)[0] for i in range(c["count"])])


async def main():
    block, coils = registers(), Coils({0: [False]})
    block.ready = coils.ready = True
    unit = ModbusSlaveContext(hr=block, co=coils, zero_mode=True)
    context = ModbusServerContext(slaves={1: unit}, single=False)
    # It comes back on the port on which it ended in the middle of an answer.
    server = await StartAsyncTcpServer(context=context, address=("127.0.0.1", int(sys.argv[1])), allow_reuse_address=True, defer_start=True)
    running = asyncio.create_task(server.serve_forever())
    await server.serving
    threading.Thread(target=commands, args=(block,), daemon=True).start()
    say("listening")
    await running


asyncio.run(main())
