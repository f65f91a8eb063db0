import CCUDA

/// The descriptors of one matrix multiplication for cuBLASLt, with the algorithm that runs it.
///
/// cuBLASLt is column-major. A row-major matrix [R, C] is a column-major one of C rows and R
/// columns, so y^T = W x^T is computed (backward y^T = W^T x^T), and W is the first operand:
///
///     A    W, K rows and N columns, transposed if forward
///     B    x, rows K (backward N), T columns
///     C, D addend and y, rows N (backward K), T columns, f32
@safe final class MatmulPlan {
  /// Number of the last use.
  var lastUse = 0
  private var algorithm = cublasLtMatmulAlgo_t()
  private let key: MatmulKey
  private let library: CUDAMatmul
  private let description: MatmulDescription
  private let weight: MatrixLayout
  private let x: MatrixLayout
  private let y: MatrixLayout

  /// The call that looks for an algorithm.
  static let search = "cublasLtMatmulAlgoGetHeuristic"

  private var shape: MatmulShape { key.shape }

  /// The descriptors; the algorithm is then found by `choose`, or set by `adopt`.
  init(_ key: MatmulKey, bias: MemorySlice?, _ library: CUDAMatmul) throws(CUDAError) {
    let shape = key.shape
    self.key = key
    self.library = library
    let type = shape.element.dataType
    description = try MatmulDescription(library)
    try description.configure(shape)
    weight = try MatrixLayout(
      type, rows: shape.inputs, columns: shape.outputs, stride: shape.inputs, library)
    x = try MatrixLayout(
      type, rows: shape.inner, columns: shape.rows, stride: shape.inputStride, library)
    y = try MatrixLayout(
      CUDA_R_32F, rows: shape.width, columns: shape.rows, stride: shape.outputStride, library)
    if shape.hasBias, let bias { try description.set(bias: bias) }
  }

  /// Asks the library for the algorithm that it expects to be the fastest.
  func choose(workspace: Int, handle: cublasLtHandle_t) throws(CUDAError) -> MatmulAlgorithm {
    let preference = try MatmulPreference(library)
    try preference.configure(key, workspace: workspace)
    var result = cublasLtMatmulHeuristicResult_t()
    var count: CInt = 0
    try library.check(
      Self.search,
      unsafe library.cublasLtMatmulAlgoGetHeuristic(
        handle, description.handle, weight.handle, x.handle, y.handle, y.handle,
        preference.handle, 1, &result, &count),
      shape.text)
    let state = count == 0 ? CUBLAS_STATUS_NOT_SUPPORTED : result.state
    try library.check(Self.search, state, shape.text)
    algorithm = result.algo
    return MatmulAlgorithm(algorithm)
  }

  /// Runs with an algorithm that was chosen before. Returns false if the library refuses it, as one
  /// of another version, or if it needs more workspace.
  func adopt(_ chosen: MatmulAlgorithm, workspace: Int, handle: cublasLtHandle_t) -> Bool {
    var result = cublasLtMatmulHeuristicResult_t()
    var candidate = chosen.algorithm
    let status = unsafe library.cublasLtMatmulAlgoCheck(
      handle, description.handle, weight.handle, x.handle, y.handle, y.handle, &candidate, &result)
    guard status == 0, result.workspaceSize <= workspace else { return false }
    algorithm = candidate
    return true
  }

  /// Enqueues the multiplication.
  func run(
    _ operands: MatmulOperands, workspace: Memory, handle: cublasLtHandle_t,
    stream: CUstream
  ) throws(CUDAError) {
    if shape.hasBias, let bias = operands.bias {
      try description.set(bias: bias)
    }
    let addend = shape.hasAddend ? operands.addend ?? operands.y : operands.y
    func multiply(
      _ alpha: UnsafeRawPointer, _ beta: UnsafeRawPointer
    ) throws(CUDAError) {
      try library.check(
        "cublasLtMatmul",
        unsafe library.cublasLtMatmul(
          handle, description.handle, alpha, operands.weight.address, weight.handle,
          operands.x.address, x.handle, beta, addend.address, y.handle, operands.y.address,
          y.handle, &algorithm, workspace.address, workspace.byteCount, stream),
        shape.text)
    }
    if shape.isScaled, let factors = operands.factors,
      let alpha = unsafe UnsafeRawPointer(bitPattern: UInt(factors.address))
    {
      return try unsafe multiply(alpha, alpha + (shape.hasAddend ? 8 : 4))
    }
    // The library reads the factors before it returns.
    var (alpha, beta): (Float, Float) = (1, shape.hasAddend ? 1 : 0)
    try unsafe multiply(&alpha, &beta)
  }
}
