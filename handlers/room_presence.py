async def socket_left(services, room_id, user_id):
    pass
