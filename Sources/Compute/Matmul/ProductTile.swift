/// The tile of y that a work-group of 256 items makes (Kernels/product.cl).
struct ProductTile: Equatable {
  let itemRows: Int
  let itemColumns: Int
  /// Quads of rows and of columns of an item.
  let parts: Int
  /// Summands that stand in local memory at once.
  let depth: Int

  var rows: Int { 4 * itemRows * parts }
  var columns: Int { 4 * itemColumns * parts }

  /// Rows up to which a product has tiles of its own: generation reads little else than weights.
  static let fewRows = 16

  init(_ itemRows: Int, _ itemColumns: Int, parts: Int, depth: Int = 16) {
    self.itemRows = itemRows
    self.itemColumns = itemColumns
    self.parts = parts
    self.depth = depth
  }

  /// The tile of a choice among the candidates that `candidate` makes.
  init(_ choice: TuningCandidate) {
    let values = choice.values
    self.init(
      values["ITEM_ROWS"] ?? 16, values["ITEM_COLUMNS"] ?? 16, parts: values["PARTS"] ?? 1,
      depth: values["DEPTH"] ?? 16)
  }

  var candidate: TuningCandidate {
    TuningCandidate(
      [
        KernelOption("ITEM_ROWS", itemRows), KernelOption("ITEM_COLUMNS", itemColumns),
        KernelOption("PARTS", parts), KernelOption("DEPTH", depth),
      ],
      items: 256, localBytes: 16 * depth * ((itemRows + itemColumns) * parts + 2))
  }

  /// The tile for y [rows, width], sums of `depth` numbers.
  static func suiting(
    rows: Int, width: Int, depth: Int, on gpu: OpenCLEngine
  ) -> ProductTile {
    if rows <= fewRows { return ProductTile(gpu.choice(.productFew)) }
    let medium = ProductTile(gpu.choice(.productMedium))
    let large = ProductTile(gpu.choice(.productLarge))
    let isLarge =
      rows > medium.rows
      && large.fills(gpu.computeUnits, rows: rows, width: width, depth: depth)
    return isLarge ? large : medium
  }

  /// Whether a product keeps every compute unit busy with these tiles, its depth shared out. A large tile then serves better than
  /// a medium one: it reads local memory half as often for a multiplication.
  func fills(_ computeUnits: Int, rows: Int, width: Int, depth: Int) -> Bool {
    let shares = shares(rows: rows, width: width, depth: depth, computeUnits: computeUnits)
    return count(rows: rows, width: width) * shares.count >= computeUnits
  }

  /// Work-groups of y [rows, width] for one share of depth.
  func count(rows: Int, width: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((width + columns - 1) / columns)
  }

  /// How depth is shared out where tiles are few: up to two work-groups a compute unit. Sums are written and read once more for
  /// every share, so a share has 256 numbers at least; 64 and more where a few rows leave those sums small beside the weights.
  func shares(rows: Int, width: Int, depth: Int, computeUnits: Int) -> Pieces {
    let least = rows <= Self.fewRows ? max(64, 16 * rows) : 256
    let wanted = 2 * computeUnits / max(count(rows: rows, width: width), 1)
    return Pieces(of: depth, count: min(wanted, depth / least), multiple: 16)
  }
}
