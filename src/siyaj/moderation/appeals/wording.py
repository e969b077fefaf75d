"""The words of statements, in Arabic and English. They go to people outside, so they say the policy and never what was
matched: no hash, no term, nobody who reported."""

from siyaj.model.action import ActionKind
from siyaj.model.decision import Act, Exemption
from siyaj.model.report import SubjectKind

A, K = ActionKind, SubjectKind

LANGUAGES = ("ar", "en")

THING = {
    "en": {K.ITEM: "Your post", K.ACCOUNT: "Your account", K.CHANNEL: "Your channel"},
    "ar": {K.ITEM: "منشورك", K.ACCOUNT: "حسابك", K.CHANNEL: "قناتك"},
}

DONE = {
    "en": {
        (K.ITEM, A.NONE): "Your post stays as it is.",
        (K.ITEM, A.LABEL): "Your post is shown behind a warning, everywhere on this platform.",
        (
            K.ITEM,
            A.LIMIT,
        ): "Your post is no longer recommended, forwarded or found in search, anywhere on this platform.",
        (K.ITEM, A.REMOVE): "Your post was removed, everywhere on this platform.",
        (K.ACCOUNT, A.NONE): "Your account stays as it is.",
        (K.ACCOUNT, A.LABEL): "Your account is shown behind a warning, everywhere on this platform.",
        (K.ACCOUNT, A.LIMIT): "What your account posts is no longer recommended or found in search.",
        (K.ACCOUNT, A.SUSPEND_ACCOUNT): "Your account was suspended.",
        (K.CHANNEL, A.NONE): "Your channel stays as it is.",
        (K.CHANNEL, A.LABEL): "Your channel is shown behind a warning, everywhere on this platform.",
        (K.CHANNEL, A.LIMIT): "Your channel is no longer recommended or found in search, and takes no new members.",
        (K.CHANNEL, A.CLOSE_CHANNEL): "Your channel was closed.",
        (K.ITEM, A.RESTORE): "Your post was restored.",
        (K.ACCOUNT, A.RESTORE): "The limits on your account were lifted.",
        (K.ACCOUNT, A.REINSTATE_ACCOUNT): "Your account was reinstated.",
        (K.CHANNEL, A.RESTORE): "The limits on your channel were lifted.",
        (K.CHANNEL, A.REOPEN_CHANNEL): "Your channel was reopened.",
    },
    "ar": {
        (K.ITEM, A.NONE): "يبقى منشورك كما هو.",
        (K.ITEM, A.LABEL): "يُعرض منشورك خلف تحذير في جميع أنحاء هذه المنصة.",
        (K.ITEM, A.LIMIT): "لم يعد منشورك يُقترح على أحد ولا يُعاد توجيهه ولا يظهر في البحث في هذه المنصة.",
        (K.ITEM, A.REMOVE): "أُزيل منشورك من جميع أنحاء هذه المنصة.",
        (K.ACCOUNT, A.NONE): "يبقى حسابك كما هو.",
        (K.ACCOUNT, A.LABEL): "يُعرض حسابك خلف تحذير في جميع أنحاء هذه المنصة.",
        (K.ACCOUNT, A.LIMIT): "لم يعد ما ينشره حسابك يُقترح على أحد ولا يظهر في البحث.",
        (K.ACCOUNT, A.SUSPEND_ACCOUNT): "عُلّق حسابك.",
        (K.CHANNEL, A.NONE): "تبقى قناتك كما هي.",
        (K.CHANNEL, A.LABEL): "تُعرض قناتك خلف تحذير في جميع أنحاء هذه المنصة.",
        (K.CHANNEL, A.LIMIT): "لم تعد قناتك تُقترح على أحد ولا تظهر في البحث، ولا تقبل أعضاء جددًا.",
        (K.CHANNEL, A.CLOSE_CHANNEL): "أُغلقت قناتك.",
        (K.ITEM, A.RESTORE): "أُعيد منشورك.",
        (K.ACCOUNT, A.RESTORE): "رُفعت القيود عن حسابك.",
        (K.ACCOUNT, A.REINSTATE_ACCOUNT): "أُعيد تفعيل حسابك.",
        (K.CHANNEL, A.RESTORE): "رُفعت القيود عن قناتك.",
        (K.CHANNEL, A.REOPEN_CHANNEL): "أُعيد فتح قناتك.",
    },
}

LASTS = {
    "en": ("It lasts until it is taken back.", "It ends on {date}."),
    "ar": ("يسري هذا الإجراء إلى أن يُلغى.", "ينتهي هذا الإجراء في {date}."),
}
"""Without an end, and with one."""

FOUND = {
    "en": {
        "notice": "We looked at it after a notice that we received.",
        "own": "We found it ourselves, when we checked what is posted here.",
        "order": "We looked at it because of an order of an authority.",
    },
    "ar": {
        "notice": "نظرنا فيه بعد بلاغ تلقّيناه.",
        "own": "وجدناه بأنفسنا عند فحص ما يُنشر هنا.",
        "order": "نظرنا فيه بناءً على أمر من جهة مختصة.",
    },
}

ACTS = {
    "en": {
        Act.INCITEMENT: "It calls for violence.",
        Act.INSTRUCTION: "It teaches how to commit violence.",
        Act.RECRUITMENT: "It recruits for a violent organisation.",
        Act.PRAISE: "It praises terrorist acts.",
        Act.FINANCING: "It collects money for a violent organisation.",
        Act.THREAT: "It threatens people with violence.",
        Act.ATTACK_FOOTAGE: "It shows an attack in order to approve of it.",
        Act.OFFICIAL_PUBLICATION: "It is a publication of a designated organisation.",
        Act.PRESENCE: "It presents itself as a designated organisation.",
    },
    "ar": {
        Act.INCITEMENT: "فيه دعوة إلى العنف.",
        Act.INSTRUCTION: "فيه تعليم لارتكاب العنف.",
        Act.RECRUITMENT: "فيه تجنيد لصالح تنظيم عنيف.",
        Act.PRAISE: "فيه تمجيد لأعمال إرهابية.",
        Act.FINANCING: "فيه جمع أموال لصالح تنظيم عنيف.",
        Act.THREAT: "فيه تهديد لأشخاص بالعنف.",
        Act.ATTACK_FOOTAGE: "فيه تصوير لهجوم على وجه الاستحسان.",
        Act.OFFICIAL_PUBLICATION: "هو إصدار لتنظيم مصنّف.",
        Act.PRESENCE: "يقدّم نفسه بوصفه تنظيمًا مصنّفًا.",
    },
}

ORGANISATION = {"en": "Organisation concerned: {name}.", "ar": "التنظيم المعني: {name}."}

AUTOMATED = {
    "en": {
        "found": "Automated means pointed it out to us; a person looked at it and decided.",
        "decided": "Automated means found it and decided; no person has looked at it yet.",
        "person": "A person looked at it and decided; no automated means were used.",
    },
    "ar": {
        "found": "نبّهتنا إليه وسائل آلية، ثم نظر فيه شخص واتخذ القرار.",
        "decided": "رصدته وسائل آلية واتخذت القرار، ولم ينظر فيه شخص بعد.",
        "person": "نظر فيه شخص واتخذ القرار، ولم تُستخدم وسائل آلية.",
    },
}

GROUND = {
    "en": "It breaks the rules of this platform, which do not allow: {title} ({code}).",
    "ar": "يخالف ذلك قواعد هذه المنصة التي لا تسمح بما يلي: {title} ({code}).",
}

EXEMPT = {
    "en": "It concerns what the rules of this platform restrict: {title} ({code}).",
    "ar": "يتصل ذلك بما تقيّده قواعد هذه المنصة: {title} ({code}).",
}
"""The ground where an exemption applies: nothing is broken, and yet it is labelled or limited."""

EXEMPTION = {
    "en": {
        Exemption.NONE: "We asked whether it is news, research, counter-speech, documentation, religious text or art,"
        " and found that it is not.",
        Exemption.NEWS: "We take it as news; that is why it was not removed.",
        Exemption.RESEARCH: "We take it as research; that is why it was not removed.",
        Exemption.COUNTER_SPEECH: "We take it as counter-speech; that is why it was not removed.",
        Exemption.DOCUMENTATION: "We take it as documentation; that is why it was not removed.",
        Exemption.RELIGIOUS_TEXT: "We take it as religious text; that is why it was not removed.",
        Exemption.ART: "We take it as art; that is why it was not removed.",
    },
    "ar": {
        Exemption.NONE: "بحثنا فيما إذا كان خبرًا صحفيًا أو بحثًا أو خطابًا مضادًا للتطرف أو توثيقًا أو نصًا دينيًا"
        " أو عملًا فنيًا، فلم نجده كذلك.",
        Exemption.NEWS: "نعدّه خبرًا صحفيًا، ولذلك لم يُزَل.",
        Exemption.RESEARCH: "نعدّه بحثًا، ولذلك لم يُزَل.",
        Exemption.COUNTER_SPEECH: "نعدّه خطابًا مضادًا للتطرف، ولذلك لم يُزَل.",
        Exemption.DOCUMENTATION: "نعدّه توثيقًا، ولذلك لم يُزَل.",
        Exemption.RELIGIOUS_TEXT: "نعدّه نصًا دينيًا، ولذلك لم يُزَل.",
        Exemption.ART: "نعدّه عملًا فنيًا، ولذلك لم يُزَل.",
    },
}

REDRESS = {
    "en": "You can appeal here free of charge until {date}: {url} . Somebody who did not take this decision will"
    " decide. You may also turn to a certified body for out-of-court dispute settlement (Article 21 of Regulation (EU)"
    " 2022/2065), or to a court.",
    "ar": "يمكنك الاعتراض مجانًا حتى {date} عبر الرابط: {url} . وسيبتّ في الاعتراض شخص لم يشارك في هذا القرار."
    " ويمكنك كذلك اللجوء إلى هيئة معتمدة لتسوية المنازعات خارج المحاكم (المادة 21 من اللائحة (الاتحاد الأوروبي)"
    " 2022/2065) أو إلى القضاء.",
}

TOLD = {
    "en": {
        True: "We looked at what you reported and acted on it. Thank you.",
        False: "We looked at what you reported. It does not break the rules of this platform, and stays.",
        None: "We looked at what you reported. It is protected, as news, research, documentation or alike, and stays.",
    },
    "ar": {
        True: "نظرنا فيما أبلغت عنه واتخذنا إجراءً بشأنه. شكرًا لك.",
        False: "نظرنا فيما أبلغت عنه، وهو لا يخالف قواعد هذه المنصة، ولذلك يبقى.",
        None: "نظرنا فيما أبلغت عنه، وهو مشمول بالحماية بوصفه خبرًا أو بحثًا أو توثيقًا أو ما شابه ذلك، ولذلك يبقى.",
    },
}
"""What reporters are told, by whether the decision agrees with them."""

APPEALED = {
    "en": {
        True: "Somebody else looked at your appeal, and you were right. The decision was reversed.",
        False: "Somebody else looked at your appeal. The decision stands.",
    },
    "ar": {
        True: "نظر شخص آخر في اعتراضك، وكنت على حق، فأُلغي القرار.",
        False: "نظر شخص آخر في اعتراضك، وبقي القرار قائمًا.",
    },
}
"""What an appellant is told, by whether the decision was overturned."""


def language_of(tag: str) -> str:
    """Return the language that something is written in for whoever speaks `tag` (BCP 47): Arabic, else English."""
    return "ar" if tag.partition("-")[0].lower() == "ar" else "en"
