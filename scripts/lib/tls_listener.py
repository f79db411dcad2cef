"""Prints its port on this machine, and then what each client says first that trusts its certificate.

Usage: tls_listener.py CERTIFICATE KEY
"""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    try:
        with context.wrap_socket(connection, server_side=True) as client:
            print(client.recv(65_536).decode("utf-8", "replace"), flush=True)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
