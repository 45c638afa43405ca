"""Runs a command on a pseudo-terminal: on_terminal.py ROWS COLUMNS COMMAND...

What the command writes goes to stdout; a line INT on stdin is a Ctrl-C typed into the terminal. Ends with its code.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

rows, columns, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
inputs = [terminal, 0]
while terminal in inputs:
    for ready in select.select(inputs, [], [])[0]:
        if ready == terminal:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b""
            if data:
                os.write(1, data)
            else:
                inputs.remove(terminal)
        else:
            typed = os.read(0, 1024)
            if b"INT" in typed:
                os.write(terminal, b"\x03")
            if not typed:
                inputs.remove(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
