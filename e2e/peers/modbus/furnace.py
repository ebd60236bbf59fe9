# A Modbus TCP furnace whose second zone can be held from outside, made of pymodbus 3.0
# (Debian: python3-pymodbus): the foreign party of control loops. Its registers are those
# of the profile demo-furnace.
#
# furnace.py PORT
#
# Unit 1. Commands come as JSON lines on standard input, what happens goes as JSON lines
# to standard output. It watches its watchdog by itself: "unserved" is said when that has
# stood still for two seconds, once until it is served again; "state" says it too.
import asyncio
import json
import struct
import sys
import threading
import time

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer

ZONE, OUTPUT, REMOTE, DOG, SIZE = 15, 87, 88, 89, 96
GAIN, LAG, COLD, UNSERVED = 11.0, 60.0, 25.0, 2.0
spoken = threading.Lock()


def say(event, **more):
    with spoken:
        print(json.dumps({"event": event, **more}), flush=True)


class Registers(ModbusSparseDataBlock):
    hidden = False  # the temperature is not told
    beaten, beats, said, writes = time.monotonic(), 0, True, 0

    def validate(self, address, count=1):
        covers = address <= ZONE < address + count
        return super().validate(address, count) and not (self.hidden and covers)

    def setValues(self, address, values, use_as_default=False):
        if hasattr(self, "ready"):
            if address == DOG and list(values) != self.getValues(DOG, 1):
                self.beaten, self.said = time.monotonic(), False
                self.beats += 1
            if address != DOG:
                self.writes += 1
        return super().setValues(address, values, use_as_default)

    def put(self, address, values):
        super().setValues(address, values)


def live(block):
    heat = COLD + GAIN * block.getValues(OUTPUT, 1)[0] / 10
    while True:
        time.sleep(0.05)
        target = COLD + GAIN * block.getValues(OUTPUT, 1)[0] / 10
        heat += (target - heat) * 0.05 / LAG
        block.put(ZONE, list(struct.unpack(">2H", struct.pack(">f", heat))))
        if not block.said and time.monotonic() - block.beaten > UNSERVED:
            block.said = True
            say("unserved", beats=block.beats)


def commands(block):
    for line in sys.stdin:
        c = json.loads(line)
        if c["op"] == "set":
            block.put(c["at"], [c["value"]])
            say("set")
        if c["op"] == "get":
            say("got", value=block.getValues(c["at"], 1)[0])
        if c["op"] == "hide":
            block.hidden = c["on"]
            say("hidden")
        if c["op"] == "forget":
            block.beats, block.writes = 0, 0
            say("forgotten")
        if c["op"] == "state":
            say("state", output=block.getValues(OUTPUT, 1)[0] / 10, remote=block.getValues(REMOTE, 1)[0], beats=block.beats, writes=block.writes, unserved=block.said)


async def main():
    block = Registers({at: 0 for at in range(SIZE)})
    block.put(OUTPUT, [600])
    block.put(REMOTE, [1])
    block.ready = True
    unit = ModbusSlaveContext(hr=block, zero_mode=True)
    context = ModbusServerContext(slaves={1: unit}, single=False)
    server = await StartAsyncTcpServer(context=context, address=("127.0.0.1", int(sys.argv[1])), allow_reuse_address=True, defer_start=True)
    running = asyncio.create_task(server.serve_forever())
    await server.serving
    for what in (live, commands):
        threading.Thread(target=what, args=(block,), daemon=True).start()
    say("listening")
    await running


asyncio.run(main())
