#if MPI
  import CMPI

  /// The processes of a job of MPI. All ranks make the same calls in the same order.
  struct World: Sendable {
    let rank: Int
    let count: Int

    /// Joins the job in which a launcher has started this process; nil without a launcher.
    static func join(_ launch: Launch) throws(RanksError) -> World? {
      guard launch != .none else { return nil }
      mpi_join()
      let world = World(rank: Int(mpi_rank()), count: Int(mpi_count()))
      // The launcher of another MPI starts jobs of one process each.
      if case .ranks = launch, world.count == 1 {
        let built = library
        mpi_leave()
        throw .otherMPI(built: built)
      }
      return world
    }

    /// The name of this MPI: the first words of what it says of itself.
    private static var library: String {
      let text = unsafe text(capacity: mpi_library_capacity()) { unsafe mpi_library($0) }
      let line = text.prefix { !$0.isNewline && $0 != "," }
      return line.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// The name of this host.
    var host: String { unsafe Self.text(capacity: mpi_host_capacity()) { unsafe mpi_host($0) } }

    /// The text that a function of C writes, up to its terminating zero.
    private static func text(
      capacity: Int32, _ write: (UnsafeMutablePointer<CChar>) -> Void
    ) -> String {
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(capacity)) { (bytes, count) in
        guard let start = bytes.baseAddress else { return }
        unsafe start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { unsafe write($0) }
        count = unsafe bytes.firstIndex(of: 0) ?? bytes.count
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    /// `own` of every rank, in rank order; all have the same number of elements.
    func gather<Element: BitwiseCopyable>(equal own: [Element]) -> [Element] {
      unsafe receive(own.count * count) { all in
        unsafe own.withUnsafeBytes {
          unsafe mpi_gather($0.baseAddress, Int32($0.count), all)
        }
      }
    }

    /// `own` of every rank, end to end in rank order, of `counts[r]` elements from rank r.
    func gather<Element: BitwiseCopyable>(_ own: [Element], counts: [Int]) -> [Element] {
      let stride = MemoryLayout<Element>.stride
      let bytes = counts.map { Int32($0 * stride) }
      var starts = [Int32(0)]
      for count in bytes { starts.append(starts[starts.count - 1] + count) }
      return unsafe receive(counts.reduce(0, +)) { all in
        unsafe own.withUnsafeBytes {
          unsafe mpi_gather_counts($0.baseAddress, Int32($0.count), all, bytes, starts)
        }
      }
    }

    /// Part r of what this rank has for every rank goes to rank r, and from there comes the part
    /// for this one.
    ///
    /// - Parameter own: as many elements for every rank.
    func transpose<Element: BitwiseCopyable>(_ own: [Element]) -> [Element] {
      unsafe receive(own.count) { all in
        unsafe own.withUnsafeBytes {
          guard let start = $0.baseAddress else { return }
          unsafe mpi_transpose(start, Int32($0.count / count), all)
        }
      }
    }

    /// The elements of the first rank of this one's group, which are `count` on every rank of it.
    func share<Element: BitwiseCopyable>(_ own: [Element], count: Int, group: Int) -> [Element] {
      let bytes = count * MemoryLayout<Element>.stride
      return unsafe receive(count) { all in
        unsafe own.withUnsafeBytes { own in
          guard let start = own.baseAddress else { return }
          unsafe all.copyMemory(from: start, byteCount: min(own.count, bytes))
        }
        unsafe mpi_share(all, bytes, Int32(group))
      }
    }

    /// The elements that `call` writes.
    private func receive<Element: BitwiseCopyable>(
      _ count: Int, _ call: (UnsafeMutableRawPointer) -> Void
    ) -> [Element] {
      guard count > 0 else { return [] }
      return unsafe [Element](unsafeUninitializedCapacity: count) { target, initialized in
        guard let start = target.baseAddress else { return }
        unsafe call(UnsafeMutableRawPointer(start))
        initialized = count
      }
    }

    /// Waits until all ranks are here, without use of the processor.
    func rest() { mpi_rest() }

    /// Leaves the job once all ranks do.
    func leave() { mpi_leave() }

    /// Ends the processes of all ranks.
    func abort(code: Int32) { mpi_abort(code) }
  }
#else
  /// No job: this program is built without MPI.
  struct World: Sendable {
    /// There is no value of this type. As an enum without cases it would make its callers
    /// unreachable code, of which the compiler warns.
    private let none: Never

    /// Refuses to be one of several processes, each of which would do the whole run.
    static func join(_ launch: Launch) throws(RanksError) -> World? {
      if case .ranks = launch { throw .notBuilt }
      return nil
    }

    var rank: Int { switch none {} }
    var count: Int { switch none {} }
    var host: String { switch none {} }

    func gather<Element: BitwiseCopyable>(equal own: [Element]) -> [Element] { switch none {} }

    func gather<Element: BitwiseCopyable>(_ own: [Element], counts: [Int]) -> [Element] {
      switch none {}
    }

    func transpose<Element: BitwiseCopyable>(_ own: [Element]) -> [Element] { switch none {} }

    func share<Element: BitwiseCopyable>(_ own: [Element], count: Int, group: Int) -> [Element] {
      switch none {}
    }

    func rest() { switch none {} }
    func leave() { switch none {} }
    func abort(code: Int32) { switch none {} }
  }
#endif
