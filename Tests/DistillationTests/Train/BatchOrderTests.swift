import Distillation
import Testing

@Suite struct BatchOrderTests {
  @Test(arguments: [(10, 4), (8, 4), (3, 5), (1, 1)])
  func everyEpochVisitsEveryExampleOnce(count: Int, batchSize: Int) {
    let order = BatchOrder(count: count, batchSize: batchSize, isShuffled: true, seed: 1)
    for epoch in 0..<3 {
      let steps = epoch * order.stepsPerEpoch + 1...(epoch + 1) * order.stepsPerEpoch
      let visited = steps.flatMap(order.batch)
      #expect(visited.sorted() == Array(0..<count))
    }
  }

  @Test func theLastBatchOfAnEpochHoldsTheRest() {
    let order = BatchOrder(count: 10, batchSize: 4, isShuffled: false, seed: 0)
    #expect(order.batch(1) == [0, 1, 2, 3])
    #expect(order.batch(3) == [8, 9])
    #expect(order.batch(4) == [0, 1, 2, 3])
  }

  @Test func epochsAndSeedsDiffer() {
    let order = BatchOrder(count: 50, batchSize: 50, isShuffled: true, seed: 1)
    let other = BatchOrder(count: 50, batchSize: 50, isShuffled: true, seed: 2)
    #expect(order.batch(1) != order.batch(2))
    #expect(order.batch(1) != other.batch(1))
    #expect(order.batch(2) == order.batch(2))
  }

  /// A step has the same examples whatever steps were requested before.
  @Test func aStepIsAFunctionOfItsNumber() {
    let order = BatchOrder(count: 11, batchSize: 3, isShuffled: true, seed: 5)
    let batches = (1...12).map(order.batch)
    for step in [9, 2, 12, 1, 5, 4, 8] {
      let other = BatchOrder(count: 11, batchSize: 3, isShuffled: true, seed: 5)
      #expect(order.batch(step) == batches[step - 1])
      #expect(other.batch(step) == batches[step - 1])
    }
  }
}
