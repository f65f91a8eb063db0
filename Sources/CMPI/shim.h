// The part of MPI that ranks use, as functions: communicator, types and operations are macros, which
// Swift does not import, and differ between Open MPI and MPICH.
//
// MPI's own error handler stays in place: a call that fails ends the job with a line that names the
// rank and the call.
#include <mpi.h>
#include <stddef.h>
#include <time.h>

/// Joins the job; the thread that calls this makes all other calls.
static inline void mpi_join(void) {
  int provided;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
}

/// This process's rank.
static inline int mpi_rank(void) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

/// Number of ranks.
static inline int mpi_count(void) {
  int count = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  return count;
}

/// Capacity of the name of this MPI, with its terminating zero.
static inline int mpi_library_capacity(void) { return MPI_MAX_LIBRARY_VERSION_STRING; }

/// Writes the name of this MPI, of up to `mpi_library_capacity` bytes.
static inline void mpi_library(char *_Nonnull name) {
  int length;
  MPI_Get_library_version(name, &length);
}

/// Capacity of a host's name, with its terminating zero.
static inline int mpi_host_capacity(void) { return MPI_MAX_PROCESSOR_NAME; }

/// Writes the name of this host, of up to `mpi_host_capacity` bytes.
static inline void mpi_host(char *_Nonnull name) {
  int length;
  MPI_Get_processor_name(name, &length);
}

/// Copies `bytes` of every rank to all ranks, end to end in rank order.
static inline void mpi_gather(const void *_Nullable own, int bytes, void *_Nonnull all) {
  MPI_Allgather(own, bytes, MPI_BYTE, all, bytes, MPI_BYTE, MPI_COMM_WORLD);
}

/// The same of `bytes[r]` from rank r, which come at `starts[r]`.
static inline void mpi_gather_counts(const void *_Nullable own, int own_bytes, void *_Nullable all,
                                     const int *_Nonnull bytes, const int *_Nonnull starts) {
  MPI_Allgatherv(own, own_bytes, MPI_BYTE, all, bytes, starts, MPI_BYTE, MPI_COMM_WORLD);
}

/// Sends part r of `own`, `bytes` long, to rank r; part r of `all` comes from rank r.
static inline void mpi_transpose(const void *_Nonnull own, int bytes, void *_Nonnull all) {
  MPI_Alltoall(own, bytes, MPI_BYTE, all, bytes, MPI_BYTE, MPI_COMM_WORLD);
}

/// Copies `bytes` of the first rank of each group to the other ranks of it. All ranks call it, each with the
/// number of its group.
static inline void mpi_share(void *_Nonnull data, size_t bytes, int group) {
  const size_t most = (size_t)1 << 30;
  MPI_Comm ranks;
  MPI_Comm_split(MPI_COMM_WORLD, group, 0, &ranks);
  for (size_t start = 0; start < bytes; start += most) {
    const size_t left = bytes - start;
    MPI_Bcast((char *)data + start, (int)(left < most ? left : most), MPI_BYTE, 0, ranks);
  }
  MPI_Comm_free(&ranks);
}

/// Waits until all ranks are here and leaves the processor to others: the calls above poll.
static inline void mpi_rest(void) {
  const struct timespec pause = {.tv_nsec = 200000};
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  for (int done = 0; !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) nanosleep(&pause, NULL);
  }
}

/// Leaves the job once all ranks do.
static inline void mpi_leave(void) { MPI_Finalize(); }

/// Ends the processes of all ranks.
static inline void mpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
