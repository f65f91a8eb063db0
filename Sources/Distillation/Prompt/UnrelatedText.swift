/// A text of our own that has nothing to do with any context: as a start, its keys and values have
/// the distribution of ordinary text and nothing of the context's content.
enum UnrelatedText {
  static let text = """
    The path leaves the village behind the mill and follows the stream for an hour. In spring the \
    meadows on both sides stand under water, and herons wait between the willows. Farther up the valley \
    narrows, the stones grow larger, and the noise of the water covers every other sound. A bridge of \
    two planks leads to the other bank, where the forest begins. Old beeches grow there, with smooth grey \
    bark, and between them ferns as high as a child.

    On Sundays the baker's two sons used to race each other to the bridge. The younger one won more \
    often, although he carried the bread. "You take the short cut," said the elder; but there was no short \
    cut, as everybody knew. Later one of them went to sea, and the other took over the oven. He still \
    walks to the bridge in the evening, slowly now, and counts his steps: one thousand two hundred and \
    forty from the door of the shop.

    To make a simple soup, cut two onions, three carrots and a piece of celery into small cubes. Warm a \
    spoon of oil in a large pot, add the vegetables, and stir until they smell sweet. Pour in a litre of \
    water, add salt, a bay leaf and a handful of barley, and let it cook gently for forty minutes. What is \
    left tastes even better on the next day.

    The moon turns around the earth once in about twenty-seven days, and shows the same side all the \
    time. Its light is that of the sun. When the earth stands between them, its shadow falls on the moon, \
    which then looks copper red: some light is bent around the edge by the air, and red is what remains of \
    it. People have written down such nights for three thousand years, and from their notes we know that \
    the day has become longer since then, by about two thousandths of a second in a century.

    A clock needs three things: something that moves evenly, something that counts, and something that \
    gives back what friction takes away. In the tower of our church a stone on a rope does the last. Every \
    morning at seven the sexton winds it up with forty turns of a crank, looks at his own watch, shakes his \
    head, and goes to open the door.
    """
}
