import CCUDA

/// Matrix multiplications by cuBLASLt on the stream of a context.
///
/// A plan is made at the first multiplication of a key; those of the latest uses are kept. Results
/// repeat to the bit with the same algorithms, which `algorithms` remembers longer than plans: a
/// caller that repeats a run keeps each that `onChoice` reports, and has them adopted later.
@safe package final class Matmul {
  /// Bytes of workspace that an algorithm may use.
  package static let workspaceBytes = 32 << 20
  /// The most algorithms that are remembered, and the most keys without one. Lengths of texts vary,
  /// and each has keys of its own.
  package static let largestMemory = 4096

  /// Called with each algorithm that the library chooses.
  package var onChoice: ((MatmulKey, MatmulAlgorithm) -> Void)?
  /// The algorithms that were chosen or adopted.
  package private(set) var algorithms: [MatmulKey: MatmulAlgorithm] = [:]

  private let context: Context
  private let library: CUDAMatmul
  private let handle: cublasLtHandle_t
  private let workspace: Memory
  private let capacity: Int
  private var plans: [MatmulKey: MatmulPlan] = [:]
  private var uses = 0
  /// Multiplications that the library has no algorithm for.
  private var unsupported: Set<MatmulKey> = []

  /// At most `capacity` plans are kept. Throws if cuBLASLt is not installed.
  package init(_ context: Context, capacity: Int = 512) throws(CUDAError) {
    let library = try context.libraries.matmul.get()
    let workspace = try context.allocate(byteCount: Self.workspaceBytes)
    try context.activate()
    var created: cublasLtHandle_t?
    try library.check("cublasLtCreate", unsafe library.cublasLtCreate(&created))
    guard let handle = unsafe created else { throw .noResult("cublasLtCreate") }
    self.context = context
    self.library = library
    self.workspace = workspace
    self.capacity = max(1, capacity)
    unsafe self.handle = handle
  }

  deinit {
    context.drain()
    _ = unsafe library.cublasLtDestroy(handle)
  }

  /// Number of plans.
  package var planCount: Int { plans.count }

  /// Whether a plan is kept whose key satisfies a condition.
  func keepsPlan(_ condition: (MatmulKey) -> Bool) -> Bool { plans.keys.contains(where: condition) }

  /// Whether the library has an algorithm for a multiplication of these operands.
  ///
  /// - Throws: the failed call.
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
      if unsupported.count >= Self.largestMemory { unsupported.removeAll() }
      unsupported.insert(key)
      return false
    }
  }

  /// Enqueues a multiplication. x in several pieces is several multiplications, each after the
  /// first with y as its addend.
  ///
  /// - Throws: where the library has no algorithm, or an operand is too short; the failed call.
  package func multiply(_ shape: MatmulShape, _ operands: MatmulOperands) throws(CUDAError) {
    if shape.rows == 0 { return }
    try operands.check(shape)
    try context.activate()
    let plan = try plan(MatmulKey(shape, operands), bias: operands.bias)
    try unsafe plan.run(operands, workspace: workspace, handle: handle, stream: context.stream)
  }

  /// Has multiplications run with the algorithms of earlier ones. Returns the keys of those that
  /// the library refuses, as after an update; for them it will choose anew.
  ///
  /// - Throws: the failed call.
  package func adopt(_ stored: [(key: MatmulKey, algorithm: MatmulAlgorithm)]) throws(CUDAError)
    -> [MatmulKey]
  {
    try context.activate()
    var refused: [MatmulKey] = []
    for (key, algorithm) in stored {
      // The library looks at the alignment of the bias, which here is no bias yet.
      let bias = workspace.slice(from: key.alignments.last.map { $0 % 256 } ?? 0)
      let plan = try MatmulPlan(key, bias: bias, library)
      if unsafe plan.adopt(algorithm, workspace: Self.workspaceBytes, handle: handle) {
        plans[key] = nil
        remember(algorithm, for: key)
      } else {
        refused.append(key)
      }
    }
    return refused
  }

  private func plan(_ key: MatmulKey, bias: MemorySlice?) throws(CUDAError) -> MatmulPlan {
    uses += 1
    if let plan = plans[key] {
      plan.lastUse = uses
      return plan
    }
    let plan = try MatmulPlan(key, bias: bias, library)
    let isAdopted =
      algorithms[key].map {
        unsafe plan.adopt($0, workspace: Self.workspaceBytes, handle: handle)
      } ?? false
    if !isAdopted {
      let chosen = try unsafe plan.choose(workspace: Self.workspaceBytes, handle: handle)
      if remember(chosen, for: key) { onChoice?(key, chosen) }
    }
    if plans.count >= capacity { removeOldest() }
    plan.lastUse = uses
    plans[key] = plan
    return plan
  }

  /// Returns false if there are too many already.
  @discardableResult
  private func remember(_ algorithm: MatmulAlgorithm, for key: MatmulKey) -> Bool {
    guard algorithms[key] != nil || algorithms.count < Self.largestMemory else { return false }
    algorithms[key] = algorithm
    return true
  }

  private func removeOldest() {
    if let oldest = plans.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      plans[oldest.key] = nil
    }
  }
}
