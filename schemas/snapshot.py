from schemas.base import Reply
class SnapshotReply(Reply): pass
