# Runs samba inside the network namespace that it was started in, and makes its ldaps port reachable from outside through a socket file.
# Usage: domain.py SOCKET PORT COMMAND...
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(listener, port):
    while True:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", port))
        except OSError:
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


PR_SET_CHILD_SUBREAPER = 36  # workers that outlive samba's main process become our children
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
outside = socket.socket(socket.AF_UNIX)
outside.bind(sys.argv[1])
outside.listen(64)
server = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: server.terminate())
threading.Thread(target=relay, args=(outside, int(sys.argv[2])), daemon=True).start()
status = server.wait()
try:
    while True:  # they still write into the folder that is removed next
        os.waitpid(-1, 0)
except ChildProcessError:
    sys.exit(status)
