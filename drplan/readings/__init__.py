"""What monitoring reads, as typed and frozen records: times, metrics, and one record per reading. Pure; no I/O.

A value that is None is "no data": it is never written as zero, and a zero that the platform sends for want of data
becomes None here.
"""
