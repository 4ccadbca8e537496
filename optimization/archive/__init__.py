"""A run's folder: written once, atomically, complete with provenance; and read back."""

from optimization.archive.folders import (
    free,
    kept,
    new_folder,
    room_for_scratch,
    written_into,
    written_over,
    written_whole,
)
from optimization.archive.record import diagnosis, distance_of, run_record
from optimization.archive.run import (
    CODES,
    of_one_kind,
    read_changes,
    read_decided,
    read_question,
    read_run,
    read_run_record,
    read_settings,
    write_run,
    write_tables,
)

__all__ = [
    "CODES",
    "diagnosis",
    "distance_of",
    "free",
    "kept",
    "new_folder",
    "of_one_kind",
    "read_changes",
    "read_decided",
    "read_question",
    "read_run",
    "read_run_record",
    "read_settings",
    "room_for_scratch",
    "run_record",
    "write_run",
    "write_tables",
    "written_into",
    "written_over",
    "written_whole",
]
