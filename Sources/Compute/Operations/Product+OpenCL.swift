import CKernels

extension KernelFile {
  static let product = unsafe KernelFile(kernel_product)
  static let productWide = unsafe KernelFile(kernel_product_wide)
}

/// The tile of y that a work-group of 256 items makes (Kernels/product.cl).
private struct ProductTile {
  let itemRows: Int
  let itemColumns: Int
  /// Quads of rows and of columns of an item.
  let parts: Int

  var rows: Int { 4 * itemRows * parts }
  var columns: Int { 4 * itemColumns * parts }

  /// 16 rows: generation reads little else than weights.
  static let few = ProductTile(itemRows: 4, itemColumns: 64, parts: 1)
  static let medium = ProductTile(itemRows: 16, itemColumns: 16, parts: 1)
  /// 128 by 128: half the reads of local memory for a multiplication, where there are tiles enough for every compute unit.
  static let large = ProductTile(itemRows: 16, itemColumns: 16, parts: 2)

  /// The tile for y [rows, width] on so many compute units.
  static func suiting(rows: Int, width: Int, computeUnits: Int) -> ProductTile {
    if rows <= few.rows { return few }
    let isLarge = rows > medium.rows && large.count(rows: rows, width: width) >= computeUnits
    return isLarge ? large : medium
  }

  func count(rows: Int, width: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((width + columns - 1) / columns)
  }

  var options: [KernelOption] {
    [
      KernelOption("ITEM_ROWS", itemRows), KernelOption("ITEM_COLUMNS", itemColumns),
      KernelOption("PARTS", parts),
    ]
  }
}

extension Device {
  /// A product on a GPU. Where its tiles are fewer than the device runs at once, depth is shared out as well: each
  /// share makes sums of its own, which a second kernel adds in their order.
  func multiplyByTiles(
    _ shape: ProductShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix,
    _ y: inout DeviceBuffer<Float>, on gpu: OpenCLEngine
  ) throws(ComputeError) {
    let (rows, width) = (shape.rows, shape.width)
    let computeUnits = gpu.context.description.computeUnits
    let tile = ProductTile.suiting(rows: rows, width: width, computeUnits: computeUnits)
    let tiles = tile.count(rows: rows, width: width)
    // Two work-groups a compute unit; a share of fewer than 256 numbers would spend its time on writing its sums.
    let shares = Pieces(
      of: shape.depth, count: min(2 * computeUnits / tiles, shape.depth / 256), multiple: 16)
    let isAligned = width % 4 == 0 && shape.depth % 4 == 0
    let options =
      tile.options + [
        weight.precision.option, KernelOption("BACKWARD", shape.isBackward ? 1 : 0),
        KernelOption("ALIGNED", isAligned ? 1 : 0),
      ]
    let launch = try gpu.launch(.product, shape.entry, options)
    let groups = [
      (width + tile.columns - 1) / tile.columns, (rows + tile.rows - 1) / tile.rows, shares.count,
    ]
    if shares.count == 1 {
      try run(launch, shape, x, weight, &y, share: shares.length, groups: groups, items: 256)
      return
    }
    var partial = try scratch(of: Float.self, count: shares.count * rows * width)
    let plain = ProductShape(
      rows: rows, width: width, depth: shape.depth, inputRow: shape.inputRow, outputRow: 0,
      isBackward: shape.isBackward, accumulating: false)
    try run(
      launch, plain, x, weight, &partial, hasBias: false, share: shares.length, groups: groups,
      items: 256)
    var sum = try gpu.launch(.product, "product_sum", options)
    try sum.read(partial)
    try sum.read(weight.bias)
    try sum.write(&y)
    try sum.value(rows)
    try sum.value(width)
    try sum.value(shares.count)
    try sum.value(shape.outputRow)
    try sum.value(weight.hasBias && !shape.isBackward ? 1 : 0)
    try sum.value(shape.accumulating ? 1 : 0)
    try sum.run(groups: [(width + 255) / 256, rows], items: [256, 1])
  }

  /// A product on a device of CPU type: 64 columns of y a work-item, and a share of its rows where there are fewer
  /// such columns than eight pieces a core.
  func multiplyWide(
    _ shape: ProductShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix,
    _ y: inout DeviceBuffer<Float>, on gpu: OpenCLEngine
  ) throws(ComputeError) {
    let columnGroups = (shape.width + 63) / 64
    let wanted = gpu.context.description.computeUnits * 8
    let rowPieces = Pieces(
      of: shape.rows, count: min(wanted / columnGroups, shape.rows / 48), multiple: 6)
    let launch = try gpu.launch(
      .productWide, shape.entry,
      [weight.precision.option, KernelOption("BACKWARD", shape.isBackward ? 1 : 0)])
    try run(
      launch, shape, x, weight, &y, share: rowPieces.length,
      groups: [columnGroups, rowPieces.count, 1], items: 1)
  }

  /// Binds the arguments that both bodies have in common. `share` is the last: a share of depth, or of rows.
  private func run(
    _ launch: consuming KernelLaunch, _ shape: ProductShape, _ x: borrowing DeviceBuffer<Float>,
    _ weight: WeightMatrix, _ y: inout DeviceBuffer<Float>, hasBias: Bool = true, share: Int,
    groups: [Int], items: Int
  ) throws(ComputeError) {
    try launch.read(x)
    try launch.read(weight.elements)
    try launch.read(weight.bias)
    try launch.write(&y)
    try launch.value(shape.rows)
    try launch.value(shape.width)
    try launch.value(shape.depth)
    try launch.value(shape.inputRow)
    try launch.value(shape.outputRow)
    try launch.value(hasBias && weight.hasBias && !shape.isBackward ? 1 : 0)
    try launch.value(shape.accumulating ? 1 : 0)
    try launch.value(share)
    try launch.run(groups: groups, items: [items, 1, 1])
  }
}
