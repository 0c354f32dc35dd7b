"""A QUIC version 1 server or client for the capture generators: one stream with some bytes, ALPN h3.

    quic.py server ADDRESS PORT CERTIFICATE KEY
    quic.py client NAME PORT
"""
import asyncio
import os
import ssl
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StreamDataReceived


class Server(QuicConnectionProtocol):
    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, os.urandom(20_000), end_stream=True)
            self.transmit()


async def server(address, port, certificate, key):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.load_cert_chain(certificate, key)
    await serve(address, int(port), configuration=configuration, create_protocol=Server)
    await asyncio.sleep(60)


async def client(name, port):
    configuration = QuicConfiguration(alpn_protocols=["h3"], verify_mode=ssl.CERT_NONE)
    async with connect(name, int(port), configuration=configuration) as connection:
        reader, writer = await connection.create_stream()
        writer.write(b"GET /videoplayback\r\n")
        writer.write_eof()
        await reader.read()


asyncio.run({"server": server, "client": client}[sys.argv[1]](*sys.argv[2:]))
