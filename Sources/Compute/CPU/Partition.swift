/// 0 ..< total in `count` pieces or fewer, each a multiple of `multiple` long but the last. The pieces depend on sizes
/// alone, so the same call gives the same bits.
struct Partition {
  let total: Int
  let count: Int
  let length: Int

  init(of total: Int, count wanted: Int, multiple: Int) {
    let units = max((total + multiple - 1) / multiple, 1)
    let wanted = max(wanted, 1)
    self.total = total
    length = (units + wanted - 1) / wanted * multiple
    count = max((total + length - 1) / length, 1)
  }

  subscript(part: Int) -> Range<Int> {
    (part * length)..<min((part + 1) * length, total)
  }
}
