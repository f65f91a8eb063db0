import CCUDA

/// Matrix multiplications by cuBLASLt on the stream of a context.
///
/// A plan is made at the first multiplication of a key and kept. Results repeat to the bit with the
/// same algorithms, so a caller that repeats a run reads them afterwards and sets them before.
@safe package final class Matmul {
  /// Bytes of workspace that an algorithm may use.
  package static let workspaceBytes = 32 << 20

  private let context: Context
  private let library: CUDAMatmul
  private let handle: cublasLtHandle_t
  private let workspace: Memory
  private var plans: [MatmulKey: MatmulPlan] = [:]
  private var chosen: [MatmulKey: MatmulAlgorithm] = [:]
  /// Multiplications that the library has no algorithm for.
  private var unsupported: Set<MatmulKey> = []

  /// Throws if cuBLASLt is not installed.
  package init(_ context: Context) throws(CUDAError) {
    let library = try context.libraries.matmul.get()
    let workspace = try context.allocate(byteCount: Self.workspaceBytes)
    try context.activate()
    var created: cublasLtHandle_t?
    try library.check("cublasLtCreate", unsafe library.cublasLtCreate(&created))
    guard let handle = unsafe created else { throw .noResult("cublasLtCreate") }
    self.context = context
    self.library = library
    self.workspace = workspace
    unsafe self.handle = handle
  }

  deinit {
    context.drain()
    _ = unsafe library.cublasLtDestroy(handle)
  }

  /// Whether the library has an algorithm for a multiplication of these operands.
  package func supports(
    _ shape: MatmulShape, _ operands: MatmulOperands
  ) throws(CUDAError) -> Bool {
    let key = MatmulKey(shape, operands)
    if unsupported.contains(key) { return false }
    do throws(CUDAError) {
      try context.activate()
      _ = try plan(key, bias: operands.bias)
      return true
    } catch {
      guard error.call == MatmulPlan.search, error.status == CUBLAS_STATUS_NOT_SUPPORTED else {
        throw error
      }
      unsupported.insert(key)
      return false
    }
  }

  /// Enqueues a multiplication. x in several pieces is several multiplications, each after the
  /// first with y as its addend.
  package func multiply(_ shape: MatmulShape, _ operands: MatmulOperands) throws(CUDAError) {
    if shape.rows == 0 { return }
    try operands.check(shape)
    try context.activate()
    let plan = try plan(MatmulKey(shape, operands), bias: operands.bias)
    try unsafe plan.run(operands, workspace: workspace, handle: handle, stream: context.stream)
  }

  private func plan(_ key: MatmulKey, bias: MemorySlice?) throws(CUDAError) -> MatmulPlan {
    if let plan = plans[key] { return plan }
    let plan = try unsafe MatmulPlan(
      key, bias: bias, algorithm: chosen[key], workspace: Self.workspaceBytes, handle: handle,
      library)
    plans[key] = plan
    return plan
  }

  /// The algorithms of all multiplications so far.
  package var algorithms: [MatmulKey: MatmulAlgorithm] {
    plans.mapValues { MatmulAlgorithm($0.algorithm) }
  }

  /// Sets the algorithm of a key, such as one of `algorithms` of an earlier run. The next
  /// multiplication with this key throws if the library refuses it.
  package func setAlgorithm(_ algorithm: MatmulAlgorithm, for key: MatmulKey) {
    chosen[key] = algorithm
    plans[key] = nil
  }
}
