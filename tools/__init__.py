"""What technicians and developers run; nothing here runs inside the daemon."""

import edge  # before numpy: it keeps numpy to one thread

__all__ = ["edge"]
