#pragma once
#include <stddef.h>

// Files that are mapped into memory, and what happens when one of them loses pages that are still read: a file that
// was truncated, or whose disk failed, raises SIGBUS at the next access.

/// Opaque record of a mapping.
typedef struct MappedRange MappedRange;

/// Records that `length` bytes at `base` are the file at `path`; the path is copied. NULL where there is no memory.
MappedRange *_Nullable mapped_files_add(const void *_Nonnull base, size_t length, const char *_Nonnull path);

/// Forgets a mapping, before it is unmapped.
void mapped_files_remove(MappedRange *_Nullable range);

/// From now on a SIGBUS inside a recorded mapping writes one line with the file's name to standard error and ends the
/// process with `exit_code`. Any other SIGBUS has its usual effect.
///
/// `prefix` stands in front of the line and must live as long as the process.
void mapped_files_report_faults(const char *_Nonnull prefix, int exit_code);
