#!/usr/bin/env python3
"""A mail server that fails on purpose: the fault injector of F16.

    smtp_sink.py DIR

listens on a free port of 127.0.0.1 and writes its number to DIR/port. DIR/script says, whenever a command comes,
what to do where: one line "STAGE ACTION", absent or empty for a server that works.

    STAGE   banner ehlo mail rcpt data dot end      (end: after the 250 that follows the dot)
    ACTION  4xx 5xx close reset stall

Every message whose dot was answered with 250 is DIR/accepted.N as received (dots unstuffed), every message that was
received whole is counted as a line in DIR/whole. Ends when its standard input does.
"""
import os
import pathlib
import socket
import struct
import sys
import threading
import time

REPLIES = {"4xx": b"451 4.3.0 someone@example.org: try later\r\n", "5xx": b"550 5.1.1 someone@example.org: no\r\n"}
STALL_SECONDS = 5


class Gone(Exception):
    """The connection ends here."""


class Session:
    def __init__(self, sock, folder, lock):
        self.sock, self.folder, self.lock = sock, folder, lock
        self.lines = sock.makefile("rb")

    def fault(self, stage):
        """Do what the script asks for at this stage; True when that was the reply."""
        try:
            words = (self.folder / "script").read_text().split()
        except FileNotFoundError:
            return False
        if len(words) != 2 or words[0] != stage:
            return False
        if words[1] in REPLIES:
            self.sock.sendall(REPLIES[words[1]])
            return True
        if words[1] == "stall":
            time.sleep(STALL_SECONDS)
        if words[1] == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def reply(self, stage, line):
        if self.fault(stage):
            return False
        self.sock.sendall(line)
        return True

    def body(self):
        out = []
        while True:
            line = self.lines.readline()
            if not line:
                raise Gone
            if line == b".\r\n":
                return b"".join(out)
            out.append(line[1:] if line.startswith(b".") else line)

    def take(self, message):
        with self.lock:
            with open(self.folder / "whole", "a", encoding="ascii") as whole:
                whole.write("1\n")
        if not self.reply("dot", b"250 2.0.0 taken\r\n"):
            return
        with self.lock:
            n = len(list(self.folder.glob("accepted.*")))
            temporary = self.folder / "accepting"
            temporary.write_bytes(message)
            temporary.rename(self.folder / f"accepted.{n}")
        self.fault("end")

    def command(self, line):
        word = line.split(b" ")[0].split(b":")[0].strip().upper()
        if word in (b"EHLO", b"HELO"):
            self.reply("ehlo", b"250-sink\r\n250 SIZE 10000000\r\n" if word == b"EHLO" else b"250 sink\r\n")
        elif word == b"MAIL":
            self.reply("mail", b"250 2.1.0 ok\r\n" if line.startswith(b"MAIL FROM:<>") else b"550 5.1.7 sender not null\r\n")
        elif word == b"RCPT":
            self.reply("rcpt", b"250 2.1.5 ok\r\n")
        elif word == b"DATA":
            if self.reply("data", b"354 go on\r\n"):
                self.take(self.body())
        elif word == b"QUIT":
            self.sock.sendall(b"221 bye\r\n")
            raise Gone
        else:
            self.sock.sendall(b"250 ok\r\n")

    def run(self):
        try:
            if self.reply("banner", b"220 sink ESMTP\r\n"):
                for line in self.lines:
                    self.command(line)
        except (Gone, OSError):
            pass
        finally:
            self.lines.close()
            self.sock.close()


def serve(listener, folder):
    lock = threading.Lock()
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Session(sock, folder, lock).run, daemon=True).start()


def main():
    folder = pathlib.Path(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0))
    temporary = folder / "port.tmp"
    temporary.write_text(str(listener.getsockname()[1]))
    temporary.rename(folder / "port")
    threading.Thread(target=serve, args=(listener, folder), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
