"""What Engine.IO 4, Socket.IO 5, RFC 6455 and HTTP/1.1 ask of a server, byte by byte."""
