# Devices that speak in lines of text on a serial port, with pyserial: the other
# side of connect/text.
#
# device.py PORT
#
# It answers as a Mettler-Toledo scale does by the SICS reference manual (S, SI, I4,
# and ES to what it does not know), as a Mitutoyo display by its RS-232C output
# (1 and CR gives 01A and the value), and as a Sartorius scale by SBI (ESC P).
# Commands come as JSON lines on standard input: {"op": "say", "text": ...} makes it
# speak by itself.
import json
import sys
import threading

import serial

port = serial.Serial(sys.argv[1], 9600, timeout=0.02)
answers = {
    b"S": b"S S     100.00 g\r\n",
    b"SI": b"S D      -0.25 kg\r\n",
    b"SX": b"S +\r\n",  # overload
    b"I4": b'I4 A "B021002593"\r\n',
    b"1": b"01A+00012.34\r",
    b"\x1bP": b"N     +    12,50 kg \r\n",
}


def commands():
    for text in sys.stdin:
        c = json.loads(text)
        port.write(c["text"].encode())
        print(json.dumps({"event": "said"}), flush=True)


threading.Thread(target=commands, daemon=True).start()
print(json.dumps({"event": "listening"}), flush=True)
heard = b""
while True:
    heard += port.read(256)
    while b"\r" in heard:
        question, _, heard = heard.partition(b"\r")
        port.write(answers.get(question.strip(b"\n"), b"ES\r\n"))
