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
  private(set) var algorithm: cublasLtMatmulAlgo_t
  private let shape: MatmulShape
  private let library: CUDAMatmul
  private let description: MatmulDescription
  private let weight: MatrixLayout
  private let x: MatrixLayout
  private let y: MatrixLayout

  /// The call that looks for an algorithm.
  static let search = "cublasLtMatmulAlgoGetHeuristic"

  /// Asks for the best algorithm, or checks the given one.
  init(
    _ key: MatmulKey, bias: MemorySlice?, algorithm chosen: MatmulAlgorithm?, workspace: Int,
    handle: cublasLtHandle_t, _ library: CUDAMatmul
  ) throws(CUDAError) {
    let shape = key.shape
    self.shape = shape
    self.library = library
    let type = shape.element.dataType
    description = try MatmulDescription(library)
    try description.configure(shape)
    weight = try MatrixLayout(type, rows: shape.inputs, columns: shape.outputs, library)
    x = try MatrixLayout(type, rows: shape.inner, columns: shape.rows, library)
    y = try MatrixLayout(CUDA_R_32F, rows: shape.width, columns: shape.rows, library)
    if shape.hasBias, let bias { try description.set(bias: bias) }

    var result = cublasLtMatmulHeuristicResult_t()
    if let chosen {
      var algorithm = chosen.algorithm
      try library.check(
        "cublasLtMatmulAlgoCheck",
        unsafe library.cublasLtMatmulAlgoCheck(
          handle, description.handle, weight.handle, x.handle, y.handle, y.handle, &algorithm,
          &result),
        "the stored algorithm of \(shape.text), expected one of this library and device")
      result.algo = algorithm
      guard result.workspaceSize <= workspace else {
        throw .invalid(
          "cublasLtMatmulAlgoCheck",
          "the stored algorithm of \(shape.text) needs \(result.workspaceSize) bytes of workspace, "
            + "expected at most \(workspace)")
      }
    } else {
      let preference = try MatmulPreference(library)
      try preference.configure(key, workspace: workspace)
      var count: CInt = 0
      try library.check(
        Self.search,
        unsafe library.cublasLtMatmulAlgoGetHeuristic(
          handle, description.handle, weight.handle, x.handle, y.handle, y.handle,
          preference.handle, 1, &result, &count),
        shape.text)
      let state = count == 0 ? CUBLAS_STATUS_NOT_SUPPORTED : result.state
      try library.check(Self.search, state, shape.text)
    }
    self.algorithm = result.algo
  }

  /// Enqueues the multiplication.
  func run(
    _ operands: MatmulOperands, workspace: Memory, handle: cublasLtHandle_t,
    stream: CUstream
  ) throws(CUDAError) {
    if shape.hasBias, let bias = operands.bias {
      try description.set(bias: bias)
    }
    var (alpha, beta): (Float, Float) = (1, shape.hasAddend ? 1 : 0)
    let addend = shape.hasAddend ? operands.addend ?? operands.y : operands.y
    try library.check(
      "cublasLtMatmul",
      unsafe library.cublasLtMatmul(
        handle, description.handle, &alpha, operands.weight.address, weight.handle,
        operands.x.address, x.handle, &beta, addend.address, y.handle, operands.y.address, y.handle,
        &algorithm, workspace.address, workspace.byteCount, stream),
      shape.text)
  }
}
