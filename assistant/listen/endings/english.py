"""How English requests end, and how unfinished ones break off: data."""

from assistant.listen.endings.patterns import Endings, any_of

_WORDS = {
    "NUMBER": r"\d[\d.,:/]* zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million",
    "TENS": "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand",
    "UNIT": "seconds? minutes? hours? days? weeks?",
    "DET": "a an the my your our their his her its this that these those some any all every each another",
    "PRONOUN": "i you he she it we they there",
    "BE": "is are am was were",
    "DO": "do does did can could will would shall should may might must has",
    "WH": "what who whom whose which where when why how",
    # Verbs that want an object: a request may begin with one, and does not end with one.
    "TRANSITIVE": "add set put remove take delete play turn switch dim spell call phone text send tell show give buy "
    "make open close lock unlock read find get bring translate convert calculate compute define book order schedule "
    "create change increase decrease raise lower move copy write ask remind wake check clear empty visit renew "
    "return fix feed walk water pay wash clean fetch charge meet hear see want need have know use try mean keep "
    "leave pick let lend hold bake boil cook brew pause resume invite describe explain rename recommend suggest "
    "compare teach summari[sz]e list draw",
    # ...and those that want two.
    "HANDING": "tell give show get bring send remind wake make fetch buy",
    "LIVING": "do say eat drink wear",
    # Nouns that name nothing without an "of".
    "RELATION": "capital population height weight length depth width distance meaning definition opposite root sum "
    "product difference number amount title author inventor president mayor king queen price cost size colou?r "
    "speed diameter area rest half quarter middle end beginning top bottom status city kind sort type piece cup "
    "bottle pound couple pair word phrase",
    # Adjectives and first halves of compounds.
    "MODIFIER": "living dining shopping grocery favou?rite own next new same other whole daily current san "
    "los las hong saint mount classical relaxing electronic few little several second",
    "ROOM": "kitchen bedroom bathroom hallway office garage basement attic garden corridor porch patio bath guest hall",
    "THING": "timer alarm reminder countdown stopwatch appointment meeting event",
}

ENGLISH = Endings(
    polite=any_of(
        _WORDS,
        r"^(?:(?:hey|ok|okay|computer|assistant|hello|hi|good morning|please|so|well|now|um|uh|er|and then"
        r"|(?:can|could|would|will) you|i (?:want|would like|'d like) you to|i'd like you to) )+",
        r" please$",
    ),
    whole=any_of(
        _WORDS,
        r"^(?:yes|yeah|no|okay|ok|sure|right|great|fine|enough|never mind|thanks|hello|hi|bye|goodbye|help)$",
        r"^good (?:morning|afternoon|evening|night)$",
        r"^(?:stop|wait|pause|resume|continue|cancel|repeat|skip|next|back|previous|louder|quieter|mute|unmute)$",
        # A question with its object in front may end in the verb or the preposition that lost it.
        r"^(?:what|who|which|how (?:many|much))\b.* (?:DO|have) (?:DET )?\w+ (?:\w+ )?(?:to )?(?:TRANSITIVE|LIVING)$",
        r"^(?:what|who|which)\b.* (?:DO|have) (?:DET )?\w+ (?:(?!TRANSITIVE )\w+ )?(?:for|from|with|like|about)$",
        r"^(?:what|who|where)\b.* BE (?:PRONOUN|this|that) (?:\w+ )?(?:for|from|with|about|of|in|on|at)$",
        r"^who\b.* BE PRONOUN \w+ to$",
        r"^what .* (?:made|full|tired) of$",
        r"(?:\bBE|^what's|^how's)\b.* like$",
        # "what time it is", "how old are you"
        r"\b(?:WH|if)\b.* (?:it|he|she|they|we|you|that|this) BE$",
        r"^(?:what|where|who|how|when)\b.* BE (?:PRONOUN|this|that)$",
        # Ends that only look like beginnings.
        r"\bUNIT and a half$",
        r"\ba lot$",
        r"\b(?:that's|that is) all$",
        r"^i (?:think|hope|guess) (?:so|not)$",
        r"^(?:tell|show|give) me more$",
        r"(?<!\bmy)(?<!\bthe) to do$",
        r"^(?:what|who|where|how)'s (?:it|that|this)$",
        r"^(?!set|put|make|turn|switch)TRANSITIVE (?:it|that|this|them|everything)$",
        r"^thank you(?: very| so)? much$",
        r"^(?:why not|how come|how much longer|(?:what|how) about .+)$",
        r"^(?:turn|switch) (?:it|that|this|them|the|all|my)\b.* (?:on|off|up|down)$",
        r"^(?:pick|clean|wake|speak|hurry|shut|cheer) .*\bup$",
        r"^(?:(?:log|sign|get|go) (?:in|out|on|off)|come on)$",
    ),
    goes_on=any_of(
        _WORDS,
        # 1. Words that want another behind them.
        r"\b(?:a|an|the|my|your|our|their|its|every|each|some|any|another|whose|all|both|half)$",
        r"\b(?:and|or|but|nor|because|cause|if|unless|although|though|until|till|while|whether|than|as|since|so)$",
        r"\b(?:of|for|to|from|with|without|into|onto|at|by|about|between|during|after|before|under|against|per|via)$",
        r"\b(?:in|on|near|around|towards?|through|behind|above|below|except|like)$",
        r"\b(?:BE|DO|be|been|being|had|going|gonna|wanna|made|called|named|titled|saying)$",
        r"\b(?:WH|i|he|she|we|they|not|very|too|really|quite|just|only|also|more|most|less|maybe|please)$",
        r"\b(?:um|uh|uhm|er|erm|hmm)$",
        r"\w'(?:s|m|re|ve|ll|d|t)$",
        r"\bMODIFIER$",
        r"\bDET (?:good|best|better|short|long|large|big|small|nice|great|quick|simple)$",
        r"\b(?!\w{0,6}(?:test|rest|guest|west|east|quest|honest|nest|everest)$|best$)\w{2,}est$",
        r"^(?:hey|computer|assistant|so|well|now|thank|no thank|never|happy|good|sing|sing me|roll|flip|my name)$",
        # 2. Verbs without what they want.
        r"^TRANSITIVE(?: up)?$",
        r"^(?:HANDING (?:me|us|him|her)|make (?:it|them|this|that))$",
        r"\b(?:to|please|not|you|i|we|let me) TRANSITIVE$",
        r"^(?:tell|text|message|ask) \w+$",
        r"^send (?:a|an|the) \w+(?: to \w+)?$",
        r"^(?:make a (?:call|note)|take a note)$",
        r"^remind (?:me|us)\b(?!.* (?:to|about|that|of)\b)",
        r"^wake (?:me|us)(?: up)?$",
        r"^(?:convert|translate)\b(?!.* (?:to|into|in)\b)",
        r"^(?:i|we) (?:\w+ )?(?:want|need|like|have|think|am|are)(?: out)?$",
        r"^(?:turn|switch) (?:on|off|up|down)$",
        r"^(?:turn|switch)\b(?!.* (?:on|off|up|down|to|into|back|over)\b)",
        r"^(?:turn|switch|dim|set|brighten)\b(?!.* (?:in|for) (?:the|my) ).*\b(?:the|my|all|on|off) ROOM$",
        r"^(?:set|put)\b(?!.* (?:to|at|for|on|off|in|into|up|down|away|back|aside)\b)(?!.*UNIT(?: \w+)? THING)",
        r"^(?:set|start|create|make|add|begin|give me|i need|i want) (?:a|an|another)(?: (?!UNIT)\w+)? THING$",
        r"^take (?!a |an |the |it |that |off )(?!.* (?:off|out|from|away|to|up|down)\b)",
        r"^(?:take|remove|delete|cross|put|strike) .* (?:off|out)$",
        # 3. Questions without their verb or their object.
        r"^WH(?: \w+)?$",
        r"^how (?:many|much) \w+(?: \w+)?$",
        r"^(?:BE|DO) (?:DET )?\w+$",
        r"\bDO PRONOUN$",
        r"^(?:(?:at |in |for |on )?WH .*)?\b(?:do|does|did) (?:DET )?(?!PRONOUN$|that$|this$)\w+$",
        r"^(?:how )?DO (?:DET )?\w+ (?:TRANSITIVE|say)$",
        r"\b(?:DET|square|cube) RELATION$",
        r"\bthe capital city$",
        # 4. Numbers without what they count, sums without their second number.
        r"\b(?:plus|minus|times|divided|multiplied|point|equals|twice|double|triple|NUMBER over|to the power)$",
        r"^(?!(?:WH|BE|DO|wake)\b|.*\b(?:alarm|reminder|appointment|meeting|event)\b).*"
        r"\b(?:for|in|after|next|a|an|another|about|UNIT|UNIT and) (?:NUMBER )*NUMBER$",
        r"\b(?:a|an|the|another) (?:NUMBER )+(?:second|minute|hour)(?: (?!THING)\w+)?$",
        r"^(?:set|start)\b.*THING to (?:NUMBER )*NUMBER$",
        r"^(?:what is|what's|how much is|calculate|compute) (?:minus )?(?:NUMBER )*NUMBER$",
        r"^(?:(?:what is|what's|how much is|calculate|compute) )?(?:NUMBER )*NUMBER percent$",
        r"^what (?:do|does) (?:NUMBER .*)?NUMBER$",
        r"\bhalf (?:a|an)$",
    ),
    may_go_on=any_of(
        _WORDS,
        # The list, the place, the kind or the rest of the number may follow.
        r"^(?:add|buy|remove|delete|cross)\b(?!.* (?:to|from|off|on|everything|all)\b)(?!.* (?:THING|item|list))",
        r"^(?:cancel|stop|delete|clear) (?:the|my) (?!THING|list|music)\w+$",
        r"^play (?:some )?\w+$",
        r"^(?:make it|volume) (?:NUMBER )*NUMBER$",
        r"^(?:set|dim|make|lower|raise|increase|decrease|turn)\b.* (?:to|by|at|for) (?:NUMBER )*NUMBER$",
        r"\b(?:plus|minus|times|by|of) (?:NUMBER )*TENS$",
        r"\bNUMBER hours?$",
        r"^(?:NUMBER )*NUMBER$",
        r"^\w+$",
        r"^(?:the|my|our|a|an) (?!name is)",
        r"^(?:if|when|while|because|although|since|once) (?:PRONOUN|my|our)\b(?!.* (?:WH|BE|DO) )",
    ),
    done=any_of(
        _WORDS,
        r"^(?:TRANSITIVE|stop|cancel|start|begin|skip|say|sing|roll|flip|repeat|search|look|go|come|speak|wait|stay) .",
        r"^(?:mute|shut|snooze|lower|brighten|run|launch|activate|disable|enable|adjust|unmute|unpause|do) .",
        r"^(?:(?:at|in|for|on) )?(?:WH|what's|who's|where's|how's|when's) \w+ .",
        r"^(?:BE|DO|have) \w+ .",
        r"^(?:next|previous|good|thank|thanks|never|no|yes|see you|be|let's|happy|that is|that's|say that) .",
        r"\btimer$|^(?:timer|alarm|weather|volume|temperature|news|time|date|reminder)\b.",
        r"^(?:i|we) (?:need|want|have|would like|do|don't|love|like) \w+",
        r"^(?:i'd like|i want|i would like) to \w+ .",
        r"^(?:my name is|i am|we are|you are|it is|i'm|we're|you're|it's) \w+",
        r"^(?:minus )?NUMBER .*(?:plus|minus|times|by|over|of|squared|cubed|power)\b",
        r"^(?:half of|twice|double) .",
    ),
)
