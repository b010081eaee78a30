"""The machine that an emulated platform runs on: its time, its ids, its memory, its jobs."""
