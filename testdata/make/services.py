"""Servers and clients of the capture generator that are Python libraries: `services.py serve|ask WHAT ADDRESS PORT WORK`.

`services.py inetd ADDRESS PORT COMMAND...` answers one connection with a command; `services.py pty COMMAND...` gives a
command the terminal that it wants.
"""
import asyncio
import contextlib
import os
import socket
import ssl
import struct
import sys
import time


def tls(work):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{work}/cert.pem", f"{work}/key.pem")
    return context


def anyone():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def forever():
    time.sleep(40)


class Smtp:
    def serve(address, port, work):
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Sink
        Controller(Sink(), hostname=address, port=port, tls_context=tls(work), server_hostname="mail.example.org").start()
        forever()

    def ask(address, port, work):
        import smtplib
        if port == 443:
            address = "mail.example.org"
        with smtplib.SMTP(address, port, local_hostname="client.example.org") as smtp:
            if port == 443:
                smtp.starttls(context=anyone())
            smtp.sendmail("jo@example.org", ["al@example.org"], "Subject: hello\r\n\r\nhello\r\n")


class Ftp:
    def serve(address, port, work, secure=False):
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
        from pyftpdlib.servers import FTPServer
        handler = TLS_FTPHandler if secure else FTPHandler
        if secure:
            open(f"{work}/both.pem", "w").write(open(f"{work}/cert.pem").read() + open(f"{work}/key.pem").read())
            handler.certfile = f"{work}/both.pem"
        handler.authorizer = DummyAuthorizer()
        handler.authorizer.add_user("jo", "secret", f"{work}/www", perm="elr")
        FTPServer((address, port), handler).serve_forever()

    def ask(address, port, work):
        import ftplib
        with ftplib.FTP() as ftp:
            ftp.connect(address, port)
            ftp.login("jo", "secret")
            ftp.retrlines("LIST", lambda _: None)
            ftp.retrbinary("RETR file.bin", lambda _: None)
            ftp.set_pasv(False)
            ftp.retrlines("LIST", lambda _: None)


class Ftps:
    def serve(address, port, work):
        Ftp.serve(address, port, work, secure=True)

    def ask(address, port, work):
        import ftplib
        with ftplib.FTP_TLS(context=anyone()) as ftp:
            ftp.connect(address, port)
            ftp.login("jo", "secret")
            ftp.prot_p()
            with contextlib.suppress(Exception):
                ftp.retrlines("LIST", lambda _: None)


class Imap:
    def ask(address, port, work, starttls=False):
        import imaplib
        with imaplib.IMAP4(address, port) as imap:
            if starttls:
                imap.starttls(anyone())
            with contextlib.suppress(imaplib.IMAP4.error):
                imap.login("jo", "secret")
                imap.select()


class Imap_starttls:
    def ask(address, port, work):
        Imap.ask(address, port, work, starttls=True)


class Pop3:
    def ask(address, port, work, stls=False):
        import poplib
        pop = poplib.POP3(address, port)
        if stls:
            pop.stls(anyone())
        pop.user("jo")
        with contextlib.suppress(poplib.error_proto):
            pop.pass_("secret")
            pop.stat()
        pop.quit()


class Pop3_stls:
    def ask(address, port, work):
        Pop3.ask(address, port, work, stls=True)


class Vnc:
    def ask(address, port, work):
        with socket.create_connection((address, port)) as s:
            s.sendall(s.recv(12))
            count = s.recv(1)[0]
            s.recv(count)
            s.sendall(b"\x01")
            s.recv(4)
            s.sendall(b"\x01")
            s.recv(200)
            s.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, 16, 16))
            time.sleep(0.3)
            s.recv(4000)


class Dot:
    def serve(address, port, work):
        async def answer(reader, writer):
            with contextlib.suppress(asyncio.IncompleteReadError):
                while True:
                    length, = struct.unpack(">H", await reader.readexactly(2))
                    q = await reader.readexactly(length)
                    r = q[:2] + b"\x81\x80" + q[4:6] + b"\0\0\0\0\0\0" + q[12:12 + q[12:].index(b"\0") + 5]
                    writer.write(struct.pack(">H", len(r)) + r)

        async def run():
            context = tls(work)
            context.set_alpn_protocols(["dot"])
            await asyncio.start_server(answer, address, port, ssl=context)
            await asyncio.sleep(40)
        asyncio.run(run())


class Memcached:
    def ask(address, port, work):
        from pymemcache.client.base import Client
        client = Client((address, port))
        client.set("name", "value")
        client.get("name")
        client.close()
        with socket.create_connection((address, port)) as s:  # the binary protocol: version
            s.sendall(struct.pack(">BBHBBHIIQ", 0x80, 0x0b, 0, 0, 0, 0, 0, 7, 0))
            s.recv(100)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.sendto(struct.pack(">HHHH", 77, 0, 1, 0) + b"get name\r\n", (address, port))
            s.recv(1500)


class Mqtt_websocket:
    def ask(address, port, work):
        import paho.mqtt.client as mqtt
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="sensor-1", transport="websockets")
        client.connect(address, port)
        client.loop_start()
        client.publish("a/b", "hello", qos=1).wait_for_publish(3)
        client.disconnect()
        client.loop_stop()


class Nats:
    def ask(address, port, work):
        import nats

        async def run():
            client = await nats.connect(f"nats://{address}:{port}", name="client")
            await client.subscribe("news")
            await client.publish("news", b"hello")
            await client.flush()
            await client.close()
        asyncio.run(run())


class Irc:
    def ask(address, port, work):
        with socket.create_connection((address, port)) as s:
            s.sendall(b"NICK jo\r\nUSER jo 0 * :Jo\r\n")
            time.sleep(1)
            s.recv(8000)
            s.sendall(b"JOIN #test\r\nPRIVMSG #test :hello\r\nQUIT :bye\r\n")
            time.sleep(0.3)


class Xmpp:
    def ask(address, port, work):
        with socket.create_connection((address, port)) as s:
            stream = b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
            s.sendall(stream)
            s.settimeout(3)
            text = b""
            while b"</stream:features>" not in text:
                text += s.recv(4000)
            s.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            s.recv(4000)
            with anyone().wrap_socket(s, server_hostname="example.org") as t:
                t.sendall(stream)
                t.recv(4000)


class Grpc:
    def serve(address, port, work):
        import grpc
        from concurrent import futures

        def hello(request, context):
            return b"\n\x05hello"
        server = grpc.server(futures.ThreadPoolExecutor(2))
        handler = grpc.method_handlers_generic_handler("test.Greeter", {"Hello": grpc.unary_unary_rpc_method_handler(hello)})
        server.add_generic_rpc_handlers((handler,))
        server.add_insecure_port(f"{address}:{port}")
        server.start()
        forever()

    def ask(address, port, work):
        import grpc
        with grpc.insecure_channel(f"{address}:{port}") as channel:
            channel.unary_unary("/test.Greeter/Hello")(b"\n\x02jo", timeout=5)


class Websocket:
    def serve(address, port, work):
        import websockets

        async def echo(socket):
            async for message in socket:
                await socket.send(message)

        async def run():
            async with websockets.serve(echo, address, port):
                await asyncio.sleep(40)
        asyncio.run(run())

    def ask(address, port, work):
        import websockets

        async def run():
            async with websockets.connect(f"ws://www.example.org:{port}/chat", proxy=None) as socket:
                await socket.send("hello")
                await socket.recv()
        asyncio.run(run())


class Zeromq:
    def serve(address, port, work):
        import zmq
        s = zmq.Context().socket(zmq.REP)
        s.bind(f"tcp://{address}:{port}")
        while True:
            s.send(s.recv())

    def ask(address, port, work):
        import zmq
        s = zmq.Context().socket(zmq.REQ)
        s.connect(f"tcp://{address}:{port}")
        s.send(b"hello")
        s.recv()


class Thrift:
    def load(work):
        import thriftpy2
        open(f"{work}/echo.thrift", "w").write("service Echo { string echo(1: string text) }")
        return thriftpy2.load(f"{work}/echo.thrift", module_name="echo_thrift")

    def serve(address, port, work):
        from thriftpy2.rpc import make_server

        class Echo:
            def echo(self, text):
                return text
        make_server(Thrift.load(work).Echo, Echo(), address, port).serve()

    def ask(address, port, work):
        from thriftpy2.rpc import make_client
        make_client(Thrift.load(work).Echo, address, port).echo("hello")


class Ntp:
    def ask(address, port, work):
        import ntplib
        ntplib.NTPClient().request(address, port=port, version=4, timeout=3)


class Sink:
    def serve(address, port, work):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((address, port))
        with socket.create_server((address, port)) as tcp:
            connection, _ = tcp.accept()
            while connection.recv(4000):
                pass
        forever()


class Radius:
    def serve(address, port, work):
        from pyrad import dictionary, packet, server
        path = f"{work}/dictionary"
        open(path, "w").write("ATTRIBUTE User-Name 1 string\nATTRIBUTE User-Password 2 string\nATTRIBUTE NAS-Port 5 integer\nATTRIBUTE Reply-Message 18 string\nATTRIBUTE NAS-IP-Address 4 ipaddr\nATTRIBUTE Message-Authenticator 80 octets\n")

        class Server(server.Server):
            def HandleAuthPacket(self, pkt):
                reply = self.CreateReplyPacket(pkt, **{"Reply-Message": "welcome"})
                reply.code = packet.AccessAccept
                self.SendReplyPacket(pkt.fd, reply)
        one = Server(addresses=[address], authport=port, dict=dictionary.Dictionary(path), acct_enabled=False, coa_enabled=False)
        one.hosts["10.78.0.2"] = server.RemoteHost("10.78.0.2", b"secret", "client")
        one.Run()


class Zabbix:
    def ask(address, port, work):
        with socket.create_connection((address, port)) as s:
            s.sendall(b"ZBXD\x01" + struct.pack("<Q", 10) + b"agent.ping")
            s.recv(100)


class Mumble:
    def ask(address, port, work):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            s.sendto(b"\0\0\0\0" + b"abcdefgh", (address, port))
            s.recv(100)


class Modbus:
    def serve(address, port, work):
        from pymodbus import datastore
        from pymodbus.server import StartTcpServer
        context = datastore.ModbusServerContext(datastore.ModbusDeviceContext() if hasattr(datastore, "ModbusDeviceContext") else datastore.ModbusSlaveContext(), single=True)
        StartTcpServer(context, address=(address, port))

    def ask(address, port, work):
        from pymodbus.client import ModbusTcpClient
        client = ModbusTcpClient(address, port=port)
        client.connect()
        for _ in range(3):
            client.read_holding_registers(1, count=4)
            client.write_register(1, 7)
        client.close()


class Opcua:
    def serve(address, port, work):
        from asyncua import Server

        async def run():
            server = Server()
            await server.init()
            server.set_endpoint(f"opc.tcp://{address}:{port}/plant/")
            async with server:
                await asyncio.sleep(40)
        asyncio.run(run())

    def ask(address, port, work):
        from asyncua import Client

        async def run():
            async with Client(f"opc.tcp://{address}:{port}/plant/") as client:
                await client.nodes.root.get_children()
        asyncio.run(run())


class Coap:
    def serve(address, port, work):
        import aiocoap
        import aiocoap.resource as resource

        class Hello(resource.Resource):
            async def render_get(self, request):
                return aiocoap.Message(payload=b"21.5")

        async def run():
            site = resource.Site()
            site.add_resource(["temperature"], Hello())
            await aiocoap.Context.create_server_context(site, bind=(address, port), transports=["simplesocketserver"])
            await asyncio.sleep(40)
        asyncio.run(run())

    def ask(address, port, work):
        import aiocoap

        async def run():
            context = await aiocoap.Context.create_client_context(transports=["simple6"])
            for _ in range(2):
                await context.request(aiocoap.Message(code=aiocoap.GET, uri=f"coap://{address}:{port}/temperature")).response
            await context.shutdown()
        asyncio.run(run())


class Dicom:
    def serve(address, port, work):
        from pynetdicom import AE
        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context("1.2.840.10008.1.1")
        entity.start_server((address, port))

    def ask(address, port, work):
        from pynetdicom import AE
        entity = AE(ae_title="SCANNER")
        entity.add_requested_context("1.2.840.10008.1.1")
        association = entity.associate(address, port)
        association.send_c_echo()
        association.release()


class Hl7:
    def serve(address, port, work):
        with socket.create_server((address, port)) as server:
            while True:
                one, _ = server.accept()
                one.recv(4000)
                one.sendall(b"\x0bMSH|^~\\&|LAB|A|ADT|B|20260101120000||ACK^A01|2|P|2.5\rMSA|AA|1\r\x1c\r")
                one.close()

    def ask(address, port, work):
        with socket.create_connection((address, port)) as s:
            s.sendall(b"\x0bMSH|^~\\&|ADT|B|LAB|A|20260101120000||ADT^A01|1|P|2.5\rPID|1||77||DOE^JO\r\x1c\r")
            s.recv(4000)


class Iec104:
    def serve(address, port, work):
        import c104
        server = c104.Server(ip=address, port=port)
        station = server.add_station(common_address=47)
        station.add_point(io_address=11, type=c104.Type.M_ME_NC_1, report_ms=300).value = 3.5
        server.start()
        forever()

    def ask(address, port, work):
        import c104
        client = c104.Client()
        client.add_connection(ip=address, port=port, init=c104.Init.ALL).add_station(common_address=47)
        client.start()
        time.sleep(1.5)
        os._exit(0)  # its threads take their time


class S7comm:
    def serve(address, port, work):
        import ctypes
        from snap7.server import Server
        from snap7.type import SrvArea
        server = Server()
        server.register_area(SrvArea.DB, 1, bytearray(64))
        server.start_to(address, port) if hasattr(server, "start_to") else server.start(tcp_port=port)
        forever()

    def ask(address, port, work):
        import snap7
        client = snap7.Client()
        client.connect(address, 0, 1, port)
        client.db_read(1, 0, 8)
        client.disconnect()


class Bacnet:
    def run(address, port, number, ask):
        from bacpypes3.app import Application
        from bacpypes3.local.device import DeviceObject
        from bacpypes3.local.networkport import NetworkPortObject
        from bacpypes3.pdu import Address

        async def run():
            device = DeviceObject(objectName=f"device-{number}", objectIdentifier=("device", number), vendorIdentifier=999)
            place = NetworkPortObject(f"{address}/24:{port}", objectName="port", objectIdentifier=("network-port", 1))
            app = Application.from_object_list([device, place])
            if not ask:
                await asyncio.sleep(40)
            await asyncio.sleep(0.3)
            await asyncio.wait_for(app.read_property(Address(f"{ask}:{port}"), "device,1", "object-name"), 4)
            app.close()
        asyncio.run(run())

    def serve(address, port, work):
        Bacnet.run(address, port, 1, None)

    def ask(address, port, work):
        Bacnet.run("10.78.0.2", port, 2, address)


class Enip:
    def serve(address, port, work):
        os.execv(sys.executable, [sys.executable, "-m", "cpppo.server.enip", "-a", f"{address}:{port}", "SCADA=INT[10]"])

    def ask(address, port, work):
        os.execv(sys.executable, [sys.executable, "-m", "cpppo.server.enip.client", "-a", f"{address}:{port}", "SCADA[0-1]"])


class Ads:
    def serve(address, port, work):
        from pyads.testserver import AdsTestServer
        server = AdsTestServer(ip_address=address, port=port)
        server.start()
        forever()

    def ask(address, port, work):
        import pyads
        pyads.open_port()
        pyads.set_local_address("10.78.0.2.1.1")
        plc = pyads.Connection("10.78.0.1.1.1", 851, address)
        plc.open()
        with contextlib.suppress(Exception):
            plc.read_device_info()
            plc.read_state()
        plc.close()


class Mdns:
    def serve(address, port, work):
        from zeroconf import ServiceInfo, Zeroconf
        zeroconf = Zeroconf(interfaces=[address])
        zeroconf.register_service(ServiceInfo("_ipp._tcp.local.", "Printer._ipp._tcp.local.", addresses=[socket.inet_aton(address)], port=631, server="printer.local."))
        forever()

    def ask(address, port, work):
        from zeroconf import Zeroconf
        zeroconf = Zeroconf(interfaces=[address])
        zeroconf.get_service_info("_ipp._tcp.local.", "Printer._ipp._tcp.local.", timeout=2000)
        zeroconf.close()


class Rtps:
    def take(seconds):
        from cyclonedds.domain import DomainParticipant
        domain = DomainParticipant(0)
        time.sleep(seconds)
        return domain

    def serve(address, port, work):
        Rtps.take(40)

    def ask(address, port, work):
        Rtps.take(2)


class Stomp:
    def serve(address, port, work):
        os.execv(f"{os.path.dirname(sys.executable)}/coilmq", ["coilmq", "-b", address, "-p", str(port)])

    def ask(address, port, work):
        import stomp
        connection = stomp.Connection([(address, port)])
        connection.connect("jo", "secret", wait=True)
        connection.send("/queue/a", "hello")
        connection.disconnect()


def inetd(address, port, *command):
    import subprocess
    with socket.create_server((address, int(port))) as server:
        one, _ = server.accept()
        subprocess.run(command, stdin=one, stdout=one, stderr=one, timeout=20, check=False)


def pty(*command):
    import pty as terminal
    child, fd = terminal.fork()
    if child == 0:
        os.execvp(command[0], command)
    import signal
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGKILL))
    with contextlib.suppress(OSError):
        while os.read(fd, 4000):
            pass
    os.waitpid(child, 0)


if sys.argv[1] in ("inetd", "pty"):
    globals()[sys.argv[1]](*sys.argv[2:])
else:
    role, what, address, port, work = sys.argv[1:]
    getattr(globals()[what.capitalize()], role)(address, int(port), work)
