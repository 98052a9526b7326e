class Snapshot: pass
