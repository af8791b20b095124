/// @file
/// LAPACK's functions under one name for its four types. Matrices are in columns, as Fortran has them.
#pragma once
#include "arrays/linalg/openblas/blas.hpp"

#include <complex>
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float std::complex<float>
#define lapack_complex_double std::complex<double>
#include <lapack.h>

namespace tessera::arrays::linalg::lapack {
using Int = lapack_int;

#define TESSERA_LAPACK_ALIKE(T, p) \
  inline void geqrt(Int m, Int n, Int panel, T* a, Int lda, T* t, Int ldt, T* work, Int& info) { \
    TESSERA_BLAS(p##geqrt_)(&m, &n, &panel, a, &lda, t, &ldt, work, &info); \
  } \
  inline void gemqrt(Int m, Int n, Int k, Int panel, const T* v, Int ldv, const T* t, Int ldt, T* c, Int ldc, T* work, Int& info) { \
    const char side = 'L', trans = 'N'; \
    TESSERA_BLAS(p##gemqrt_)(&side, &trans, &m, &n, &k, &panel, v, &ldv, t, &ldt, c, &ldc, work, &info, 1, 1); \
  } \
  inline void potrf(char uplo, Int n, T* a, Int lda, Int& info) { TESSERA_BLAS(p##potrf_)(&uplo, &n, a, &lda, &info, 1); } \
  inline void getrf(Int n, T* a, Int lda, Int* pivots, Int& info) { TESSERA_BLAS(p##getrf_)(&n, &n, a, &lda, pivots, &info); } \
  inline void getri(Int n, T* a, Int lda, const Int* pivots, T* work, Int lwork, Int& info) { \
    TESSERA_BLAS(p##getri_)(&n, a, &lda, pivots, work, &lwork, &info); \
  } \
  inline void getrs(char trans, Int n, Int columns, const T* a, Int lda, const Int* pivots, T* b, Int ldb, Int& info) { \
    TESSERA_BLAS(p##getrs_)(&trans, &n, &columns, a, &lda, pivots, b, &ldb, &info, 1); \
  }
TESSERA_LAPACK_ALIKE(float, s)
TESSERA_LAPACK_ALIKE(double, d)
TESSERA_LAPACK_ALIKE(std::complex<float>, c)
TESSERA_LAPACK_ALIKE(std::complex<double>, z)
#undef TESSERA_LAPACK_ALIKE

// What real types have no need of is not looked at: `rwork`.
#define TESSERA_LAPACK_REAL(T, p) \
  inline void gesdd(char job, Int m, Int n, T* a, Int lda, T* s, T* u, Int ldu, T* v, Int ldv, T* work, Int lwork, T*, Int* iwork, \
                    Int& info) { \
    TESSERA_BLAS(p##gesdd_)(&job, &m, &n, a, &lda, s, u, &ldu, v, &ldv, work, &lwork, iwork, &info, 1); \
  } \
  inline void heevd(char job, char uplo, Int n, T* a, Int lda, T* w, T* work, Int lwork, T*, Int, Int* iwork, Int liwork, Int& info) { \
    TESSERA_BLAS(p##syevd_)(&job, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1); \
  } \
  inline void geev(char job, Int n, T* a, Int lda, T* wr, T* wi, T* v, Int ldv, T* work, Int lwork, Int& info) { \
    const char left = 'N'; \
    TESSERA_BLAS(p##geev_)(&left, &job, &n, a, &lda, wr, wi, v, &ldv, v, &ldv, work, &lwork, &info, 1, 1); \
  }
TESSERA_LAPACK_REAL(float, s)
TESSERA_LAPACK_REAL(double, d)
#undef TESSERA_LAPACK_REAL
#define TESSERA_LAPACK_COMPLEX(T, R, p) \
  inline void gesdd(char job, Int m, Int n, T* a, Int lda, R* s, T* u, Int ldu, T* v, Int ldv, T* work, Int lwork, R* rwork, \
                    Int* iwork, Int& info) { \
    TESSERA_BLAS(p##gesdd_)(&job, &m, &n, a, &lda, s, u, &ldu, v, &ldv, work, &lwork, rwork, iwork, &info, 1); \
  } \
  inline void heevd(char job, char uplo, Int n, T* a, Int lda, R* w, T* work, Int lwork, R* rwork, Int lrwork, Int* iwork, Int liwork, \
                    Int& info) { \
    TESSERA_BLAS(p##heevd_)(&job, &uplo, &n, a, &lda, w, work, &lwork, rwork, &lrwork, iwork, &liwork, &info, 1, 1); \
  } \
  inline void geev(char job, Int n, T* a, Int lda, T* w, R* rwork, T* v, Int ldv, T* work, Int lwork, Int& info) { \
    const char left = 'N'; \
    TESSERA_BLAS(p##geev_)(&left, &job, &n, a, &lda, w, v, &ldv, v, &ldv, work, &lwork, rwork, &info, 1, 1); \
  }
TESSERA_LAPACK_COMPLEX(std::complex<float>, float, c)
TESSERA_LAPACK_COMPLEX(std::complex<double>, double, z)
#undef TESSERA_LAPACK_COMPLEX
}  // namespace tessera::arrays::linalg::lapack
