/// Splits 0 ..< total into at most `count` parts; the length of all but the last is a multiple of
/// `multiple`. The parts depend only on sizes, so results are bit-identical from call to call.
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
