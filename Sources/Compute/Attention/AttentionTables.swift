/// A tile of packed query rows: kernels read it as 6 ints.
///
/// Packed row r of a sequence is query r / groupSize of query head r % groupSize in its group. The
/// heads of a group see the same keys, so they share a tile.
struct AttentionQueryTile: BitwiseCopyable {
  var queryStart: Int32
  var queryCount: Int32
  var keyStart: Int32
  /// Prefix rows that the sequence sees, 0 or the layout's count.
  var prefixCount: Int32
  /// Position of the sequence's first query.
  var firstPosition: Int32
  /// Packed row of the sequence at which the tile begins.
  var firstRow: Int32
}

/// A tile of key rows whose gradient one work-group computes: kernels read it as 5 ints.
struct AttentionKeyTile: BitwiseCopyable {
  /// Row of the first key in the key buffer.
  var keyRow: Int32
  var keyCount: Int32
  /// -1: sums are written to the keys' own rows; else to this slot of the partial sums.
  var slot: Int32
  /// The spans of queries that see it.
  var spanBegin: Int32
  var spanEnd: Int32
}

/// Queries of one sequence, or a part of them, for a key tile: kernels read it as 4 ints.
struct AttentionSpan: BitwiseCopyable {
  var queryStart: Int32
  var queryCount: Int32
  var firstPosition: Int32
  /// A key's position in the sequence is its row plus this.
  var shift: Int32
}

/// A device buffer of records. It grows as needed and is reused by the next batch.
final class AttentionRecords<Record: BitwiseCopyable> {
  private(set) var buffer: DeviceBuffer<Record>

  init(on device: Device) throws(ComputeError) {
    buffer = try device.buffer(of: Record.self, count: 0)
  }

  func fill(_ records: [Record], on device: Device) throws(ComputeError) {
    if records.count > buffer.count {
      // Spare capacity for longer batches, so that training soon stops allocating.
      let capacity = max(64, records.count + records.count / 2)
      buffer = try device.buffer(of: Record.self, count: capacity)
    }
    try device.upload(records, into: &buffer)
  }
}

/// The query tiles of a layout.
final class AttentionQueryTable {
  let records: AttentionRecords<AttentionQueryTile>
  private(set) var count = 0
  /// Number of tiles, from the first, that hold the prefix's own queries.
  private(set) var prefixTiles = 0

  init(
    _ layout: AttentionLayout, rows: Int, groupSize: Int, on device: Device
  ) throws(ComputeError) {
    records = try AttentionRecords(on: device)
    try fill(layout, rows: rows, groupSize: groupSize, on: device)
  }

  func fill(
    _ layout: AttentionLayout, rows: Int, groupSize: Int, on device: Device
  ) throws(ComputeError) {
    let prefix = layout.sequences.filter(layout.isPrefix)
    let others = layout.sequences.filter { !layout.isPrefix($0) }
    var tiles: [AttentionQueryTile] = []
    for (index, sequence) in (prefix + others).enumerated() {
      if index == prefix.count { prefixTiles = tiles.count }
      for first in stride(from: 0, to: sequence.queryCount * groupSize, by: rows) {
        tiles.append(
          AttentionQueryTile(
            queryStart: Int32(sequence.queryStart), queryCount: Int32(sequence.queryCount),
            keyStart: Int32(sequence.keyStart),
            prefixCount: Int32(sequence.attendsPrefix ? layout.prefixCount : 0),
            firstPosition: Int32(layout.firstPosition(sequence)), firstRow: Int32(first)))
      }
    }
    if others.isEmpty { prefixTiles = tiles.count }
    count = tiles.count
    try records.fill(tiles, on: device)
  }
}

/// How keys are divided into tiles and slots, for a device and heads.
struct AttentionKeyDivision: Equatable {
  /// Keys of a tile.
  let rows: Int
  /// Tiles per key/value head that fill the device.
  let wanted: Int
  /// Minimum queries per split: enough to fill a tile of packed rows.
  let leastQueries: Int
}

/// The key tiles of a layout, those of the prefix first, and the spans of queries that see them.
///
/// Many sequences see the prefix but it has few tiles. Each of its tiles is therefore listed
/// `slots` times with a part of the spans each, and the slots are summed at the end in order. If
/// there are still fewer tiles than wanted, queries are split as well: every sequence's keys then
/// have `ownSlots` slots, each with a part of its queries.
final class AttentionKeyTable {
  let tiles: AttentionRecords<AttentionKeyTile>
  let spans: AttentionRecords<AttentionSpan>
  private(set) var count = 0
  private(set) var prefixTiles = 0
  /// Partial sums of the prefix's keys.
  private(set) var slots = 0
  /// Partial sums of other keys; 1 if sums are written to the keys' own rows.
  private(set) var ownSlots = 1
  /// Rows of a slot: the prefix rows, or all key rows if other keys have slots too.
  private(set) var slotRows = 0
  /// The rows of keys after the prefix.
  private(set) var ownRows: [Range<Int>] = []

  static let largestSlotCount = 16

  init(
    _ layout: AttentionLayout, _ division: AttentionKeyDivision, on device: Device
  ) throws(ComputeError) {
    tiles = try AttentionRecords(on: device)
    spans = try AttentionRecords(on: device)
    try fill(layout, division, on: device)
  }

  func fill(
    _ layout: AttentionLayout, _ division: AttentionKeyDivision, on device: Device
  ) throws(ComputeError) {
    let rows = division.rows
    var spans: [AttentionSpan] = []
    var tiles: [AttentionKeyTile] = []
    func append(_ sequence: AttentionSequence, shift: Int, splits: Int) {
      for split in 0..<splits {
        let first = split * sequence.queryCount / splits
        let end = (split + 1) * sequence.queryCount / splits
        spans.append(
          AttentionSpan(
            queryStart: Int32(sequence.queryStart + first), queryCount: Int32(end - first),
            firstPosition: Int32(layout.firstPosition(sequence) + first), shift: Int32(shift)))
      }
    }
    func append(_ first: Int, _ end: Int, slot: Int, spans: Range<Int>) {
      tiles.append(
        AttentionKeyTile(
          keyRow: Int32(first), keyCount: Int32(min(rows, end - first)), slot: Int32(slot),
          spanBegin: Int32(spans.lowerBound), spanEnd: Int32(spans.upperBound)))
    }

    ownSlots = Self.ownSlots(layout, division)
    for sequence in layout.sequences where layout.isPrefix(sequence) || sequence.attendsPrefix {
      if sequence.queryCount > 0 {
        let most = max(1, sequence.queryCount / division.leastQueries)
        append(sequence, shift: 0, splits: min(ownSlots, most))
      }
    }
    let shared = spans.count
    slots = layout.prefixCount > 0 ? max(1, min(shared, Self.largestSlotCount)) : 0
    for first in stride(from: 0, to: layout.prefixCount, by: rows) {
      for slot in 0..<slots {
        append(
          first, layout.prefixCount, slot: slot,
          spans: (slot * shared / slots)..<((slot + 1) * shared / slots))
      }
    }
    prefixTiles = tiles.count
    for sequence in layout.sequences where !layout.isPrefix(sequence) {
      let prefixCount = sequence.attendsPrefix ? layout.prefixCount : 0
      let end = sequence.keyStart + sequence.keyCount
      for first in stride(from: sequence.keyStart, to: end, by: rows) {
        for slot in 0..<ownSlots {
          let span = spans.count + slot
          append(first, end, slot: ownSlots > 1 ? slot : -1, spans: span..<(span + 1))
        }
      }
      append(sequence, shift: prefixCount - sequence.keyStart, splits: ownSlots)
    }
    count = tiles.count
    slotRows = ownSlots > 1 ? layout.keyRows : layout.prefixCount
    ownRows = Self.ownRows(layout)
    try self.spans.fill(spans, on: device)
    try self.tiles.fill(tiles, on: device)
  }

  /// Slots of the keys after the prefix: enough for the wanted number of tiles, but with enough
  /// queries of the longest sequence in each.
  private static func ownSlots(_ layout: AttentionLayout, _ division: AttentionKeyDivision) -> Int {
    let own = layout.sequences.filter { !layout.isPrefix($0) }
    let seeing = layout.sequences.count { $0.queryCount > 0 && $0.attendsPrefix } + 1
    func tiles(_ keys: Int) -> Int { (keys + division.rows - 1) / division.rows }
    let count =
      own.reduce(0) { $0 + tiles($1.keyCount) }
      + tiles(layout.prefixCount) * min(seeing, largestSlotCount)
    let longest = layout.sequences.map(\.queryCount).max() ?? 0
    return max(
      1,
      min(division.wanted / max(count, 1), longest / division.leastQueries, largestSlotCount))
  }

  /// Rows of the keys after the prefix; adjacent ranges are merged.
  private static func ownRows(_ layout: AttentionLayout) -> [Range<Int>] {
    let own = layout.sequences.filter { !layout.isPrefix($0) && $0.keyCount > 0 }
    var ranges: [Range<Int>] = []
    for sequence in own.sorted(by: { $0.keyStart < $1.keyStart }) {
      let end = sequence.keyStart + sequence.keyCount
      if let last = ranges.last, last.upperBound == sequence.keyStart {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(sequence.keyStart..<end)
      }
    }
    return ranges
  }
}
