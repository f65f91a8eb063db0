import CCUDA

/// The operation of a plan: f32 sums, W transposed if forward, the bias as its epilogue, and the
/// factors read on the device if the shape is scaled.
@safe struct MatmulDescription: ~Copyable {
  let handle: cublasLtMatmulDesc_t
  private let library: CUDAMatmul

  init(_ library: CUDAMatmul) throws(CUDAError) {
    var created: cublasLtMatmulDesc_t?
    try library.check(
      "cublasLtMatmulDescCreate",
      unsafe library.cublasLtMatmulDescCreate(&created, CUBLAS_COMPUTE_32F, CUDA_R_32F))
    guard let handle = unsafe created else { throw .noResult("cublasLtMatmulDescCreate") }
    unsafe self.handle = handle
    self.library = library
  }

  deinit { _ = unsafe library.cublasLtMatmulDescDestroy(handle) }

  /// Sets everything but the address of the bias.
  borrowing func configure(_ shape: MatmulShape) throws(CUDAError) {
    try set(
      CUBLASLT_MATMUL_DESC_TRANSA, Int32(shape.isBackward ? CUBLAS_OP_N : CUBLAS_OP_T))
    try set(CUBLASLT_MATMUL_DESC_TRANSB, Int32(CUBLAS_OP_N))
    if shape.isScaled {
      try set(CUBLASLT_MATMUL_DESC_POINTER_MODE, Int32(CUBLASLT_POINTER_MODE_DEVICE))
    }
    if shape.hasBias {
      try set(CUBLASLT_MATMUL_DESC_EPILOGUE, Int32(CUBLASLT_EPILOGUE_BIAS))
      try set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, Int32(CUDA_R_32F))
    }
  }

  /// Sets the address of the bias.
  borrowing func set(bias: MemorySlice) throws(CUDAError) {
    try set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias.address)
  }

  private borrowing func set<Value: BitwiseCopyable>(
    _ attribute: CInt, _ value: Value
  ) throws(CUDAError) {
    var value = value
    try library.check(
      "cublasLtMatmulDescSetAttribute",
      unsafe library.cublasLtMatmulDescSetAttribute(
        handle, attribute, &value, MemoryLayout<Value>.size),
      "attribute \(attribute)")
  }
}

/// A column-major matrix whose columns begin `stride` elements apart.
@safe struct MatrixLayout: ~Copyable {
  let handle: cublasLtMatrixLayout_t
  private let library: CUDAMatmul

  init(
    _ type: CInt, rows: Int, columns: Int, stride: Int, _ library: CUDAMatmul
  ) throws(CUDAError) {
    var created: cublasLtMatrixLayout_t?
    try library.check(
      "cublasLtMatrixLayoutCreate",
      unsafe library.cublasLtMatrixLayoutCreate(
        &created, type, UInt64(rows), UInt64(columns), Int64(stride)),
      "\(rows) rows and \(columns) columns")
    guard let handle = unsafe created else { throw .noResult("cublasLtMatrixLayoutCreate") }
    unsafe self.handle = handle
    self.library = library
  }

  deinit { _ = unsafe library.cublasLtMatrixLayoutDestroy(handle) }
}

/// The limits of the search for an algorithm: the workspace, the alignments of the operands, and
/// partial sums of split-K in f32.
@safe struct MatmulPreference: ~Copyable {
  let handle: cublasLtMatmulPreference_t
  private let library: CUDAMatmul

  init(_ library: CUDAMatmul) throws(CUDAError) {
    var created: cublasLtMatmulPreference_t?
    try library.check(
      "cublasLtMatmulPreferenceCreate", unsafe library.cublasLtMatmulPreferenceCreate(&created))
    guard let handle = unsafe created else { throw .noResult("cublasLtMatmulPreferenceCreate") }
    unsafe self.handle = handle
    self.library = library
  }

  deinit { _ = unsafe library.cublasLtMatmulPreferenceDestroy(handle) }

  /// Sets all limits.
  borrowing func configure(_ key: MatmulKey, workspace: Int) throws(CUDAError) {
    try set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, UInt64(workspace))
    try set(
      CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, UInt32(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE))
    // The library's operands are B, A, C and D; it reads the bias's alignment off its address.
    let attributes = [
      CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
      CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
    ]
    for (attribute, alignment) in zip(attributes, key.alignments) {
      try set(attribute, UInt32(alignment))
    }
  }

  private borrowing func set<Value: BitwiseCopyable>(
    _ attribute: CInt, _ value: Value
  ) throws(CUDAError) {
    var value = value
    try library.check(
      "cublasLtMatmulPreferenceSetAttribute",
      unsafe library.cublasLtMatmulPreferenceSetAttribute(
        handle, attribute, &value, MemoryLayout<Value>.size),
      "attribute \(attribute)")
  }
}
