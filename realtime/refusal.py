"""What is answered to those who ask for what they cannot have before they are in."""

from socketio.packet import ACK, CONNECT_ERROR

from realtime.packet import EventPacket

NOT_SIGNED_IN = {"success": False, "error": "You are not signed in.", "code": "unauthorized"}
NO_SUCH = {"message": "There is no such namespace.", "data": {"code": "not_found"}}


class NotNowError(Exception):
    """Nobody can be let in at the moment: a refusal would end the stock client's tries."""


def not_signed_in(number: int, namespace: str) -> str:
    """The answer to event `number` of a socket that has not joined."""
    return str(EventPacket(ACK, namespace=namespace, id=number, data=[NOT_SIGNED_IN]).encode())


def no_such(namespace: str) -> str:
    """The answer to who would join another namespace than the main one."""
    return str(EventPacket(CONNECT_ERROR, NO_SUCH, namespace).encode())
