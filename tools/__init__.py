"""What technicians, the central side and developers run; a gate at a border runs none of it."""

import edge  # before numpy: it keeps numpy to one thread

__all__ = ["edge"]
