"""Another date for the tests and for every Python that they start: `.ci/run` runs them so, in another time zone too.

    TZ=Pacific/Kiritimati ELSEWHEN=2028-02-29T23:50:00+00:00 PYTHONPATH=tests/elsewhen pytest

Python imports this module at its start. The clock runs on from ELSEWHEN; what is started later goes by the same, and
what is started without these variables by the machine's.
"""

import os
import time
from datetime import datetime

if "ELSEWHEN" in os.environ:
    import time_machine

    if "ELSEWHEN_SECONDS" not in os.environ:
        os.environ["ELSEWHEN_SECONDS"] = str(datetime.fromisoformat(os.environ["ELSEWHEN"]).timestamp() - time.time())
    time_machine.travel(time.time() + float(os.environ["ELSEWHEN_SECONDS"]), tick=True).start()
