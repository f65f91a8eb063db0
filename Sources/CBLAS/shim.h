// OpenBLAS: the CBLAS interface and openblas_set_num_threads, and of its LAPACK the solution of
// symmetric positive definite systems, which it declares in no header.
#include <cblas.h>
#include <stddef.h>

/// Solves A X = B by Cholesky's factorisation, column-major: A [n, n] is overwritten by its factor,
/// B [right_sides, n] by X. `info` is above 0 where A is not positive definite. The last argument is
/// the length of `triangle`, which Fortran's convention adds.
void dposv_(const char *_Nonnull triangle, const blasint *_Nonnull n,
            const blasint *_Nonnull right_sides, double *_Nonnull a, const blasint *_Nonnull a_stride,
            double *_Nonnull b, const blasint *_Nonnull b_stride, blasint *_Nonnull info,
            size_t triangle_length);
