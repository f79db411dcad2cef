"""The emulator of AWS, with what an installation as a whole needs beside: tasks as Fargate starts them.

Usage: python scripts/lib/deployment/emulator   (with the emulator's Python, in its environment)
"""

import gaps
import tasks
from ministack import app

gaps.close()
tasks.start_as_fargate()
app.main()
