"""Composes the records of a support desk, as JSON text by template: fast enough for a million.

Text in a template is JSON already (quotes included); see `words`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from kustomer_sandbox.data.custom import custom_values
from kustomer_sandbox.data.ids import CHILD_CODES, ORG_ID, list_code, make_id
from kustomer_sandbox.data.masks import MASKED_JSON
from kustomer_sandbox.data.objects import KLASS_NAMES, KLASSES
from kustomer_sandbox.data.store import Row
from kustomer_sandbox.data.timestamps import DAY, HOUR, MINUTE, SECOND, to_text
from kustomer_sandbox.data.words import Words, dumps, happens, pick

CUSTOMER, CONVERSATION, MESSAGE, NOTE, COMPANY, KOBJECT = 1, 2, 3, 4, 5, 6
CONVERSATION_TIME, WORK_SESSION, WORK_ITEM = 7, 8, 9
_USERS, _TEAMS, _QUEUES, _TAGS, _BRANDS = 60, 12, 8, 80, 3
_CHANNELS = (("email", "postmark"), ("chat", "chat"), ("sms", "twilio"), ("whatsapp", "whatsapp"))
_STATUSES = ("done", "done", "done", "open", "snoozed")
_LANGS = ('"en_us"', '"en_us"', '"fr"', '"de"', "null")
_COLORS = ('"yellow"', '"blue"', '"green"', '"purple"')
# This share of the messages has attachments.
_ATTACHED = 0.1
_VARIANTS = 100

_ORG = f'"org":{{"links":{{"self":"/v1/orgs/{ORG_ID}"}},"data":{{"type":"org","id":"{ORG_ID}"}}}}'


@cache
def user_id(number: int) -> str:
    """The id of an agent."""
    return make_id(list_code("users"), number)


@cache
def team_id(number: int) -> str:
    """The id of a team."""
    return make_id(list_code("teams"), number)


@cache
def queue_id(number: int) -> str:
    """The id of a queue."""
    return make_id(list_code("queues"), number)


def queue_of(work_item: int) -> str:
    """The id of the queue a work item is in, by its number."""
    return queue_id(work_item % _QUEUES)


@cache
def tag_id(number: int) -> str:
    """The id of a tag."""
    return make_id(list_code("tags"), number)


def _to(name: str, path: str, kind: str, record: str) -> str:
    return (
        f'"{name}":{{"links":{{"self":"/v1/{path}/{record}"}},'
        f'"data":{{"type":"{kind}","id":"{record}"}}}}'
    )


class Composer:
    """Makes the records of all search objects; the same seed makes the same records.

    Attributes:
        sizes: records of each object code, for references to them.
    """

    def __init__(self, words: Words, seed: int, sizes: dict[int, int]) -> None:
        self._words = words
        self._chance = random.Random(f"records {seed}")
        self.sizes = sizes
        # The number at the start: a conversation keeps its customer when customers are added.
        self._customers = max(1, sizes.get(CUSTOMER, 1))
        chance = random.Random(f"custom {seed}")
        self._custom = {
            resource: [dumps(custom_values(resource, chance)) for _ in range(_VARIANTS)]
            for resource in (
                *("customer", "conversation", "message", "company", "note"),
                *(f"kobject.{klass}" for klass in KLASS_NAMES),
            )
        }
        self._by_user = [_to("createdBy", "users", "user", user_id(n)) for n in range(_USERS)]
        self._modified = [_to("modifiedBy", "users", "user", user_id(n)) for n in range(_USERS)]
        self._makers: dict[int, Callable[..., str]] = {
            CUSTOMER: self._customer,
            CONVERSATION: self._conversation,
            MESSAGE: self._message,
            NOTE: self._note,
            COMPANY: self._company,
            KOBJECT: self._kobject,
            CONVERSATION_TIME: self._conversation_time,
            WORK_SESSION: self._work_session,
            WORK_ITEM: self._work_item,
        }

    def record(
        self, code: int, number: int, created: int, updated: int, *, deleted: bool = False
    ) -> Row:
        """Make one record; timestamps in milliseconds since 1970."""
        chance = self._chance
        conversation = customer = None
        klass = 0
        if code in (MESSAGE, NOTE, CONVERSATION_TIME, WORK_ITEM):
            conversation = self._any(CONVERSATION)
            customer = self.customer_of(conversation)
        elif code == CONVERSATION:
            customer = self.customer_of(number)
        elif code == KOBJECT:
            customer = self._any(CUSTOMER)
            klass = _klass(chance.random())
        ends = f',"deleted":true,"deletedAt":"{to_text(updated)}"' if deleted else ""
        body = self._makers[code](
            number=number,
            created=created,
            updated=updated,
            ends=ends,
            conversation=conversation,
            customer=customer,
            klass=klass,
        )
        return Row(number, created, updated, deleted, klass, conversation, customer, body.encode())

    def customer_of(self, conversation: int) -> int:
        """The number of the customer who has a conversation."""
        return (conversation * 7_919 + 13) % self._customers

    def _any(self, code: int) -> int:
        return int(self._chance.random() * max(1, self.sizes.get(code, 1)))

    def _stamps(self, created: int, updated: int, ends: str) -> str:
        at = to_text(updated)
        return f'"createdAt":"{to_text(created)}","updatedAt":"{at}","modifiedAt":"{at}"{ends}'

    def _tags(self) -> str:
        if happens(self._chance, 0.6):
            return "[]"
        first = int(self._chance.random() * _TAGS)
        return f'["{tag_id(first)}","{tag_id((first * 7 + 1) % _TAGS)}"]'

    def _customer(self, *, number: int, created: int, updated: int, ends: str, **_: object) -> str:
        chance, words = self._chance, self._words
        person, me = pick(chance, words.people), make_id(CUSTOMER, number)
        done, opened = int(chance.random() * 9), int(chance.random() * 3)
        seen = to_text(updated - int(chance.random() * DAY))
        external, self_link = f"cust-{number:08d}", f"/v1/customers/{me}"
        custom = pick(chance, self._custom["customer"])
        sentiment = (
            f'{{"polarity":{int(chance.random() * 3) - 1},"confidence":{chance.random():.6f}}}'
        )
        masked = happens(chance, 0.01)
        birthday = (
            MASKED_JSON
            if masked
            else ('"1990-04-12T00:00:00.000Z"' if happens(chance, 0.2) else "null")
        )
        return (
            f'{{"type":"customer","id":"{me}","attributes":{{{person.names},'
            f'"displayColor":{pick(chance, _COLORS)},"displayIcon":"flower",'
            f'"externalId":"{external}","externalIds":[{{"externalId":"{external}",'
            f'"verified":true,"id":null}}],"sharedExternalIds":[],"signedUpAt":"{to_text(created)}",'
            f'"avatarUrl":null,"username":null,{person.reach},"sharedEmails":[],"sharedPhones":[],'
            f'"sharedSocials":[],"sharedWhatsapps":[],"activeUsers":[],"watchers":[],'
            f'"recentLocation":{{"updatedAt":"{seen}"}},"recentItems":[],"locale":null,'
            f'"timeZone":"America/New_York","birthdayAt":{birthday},"gender":null,'
            f'"presence":"offline",{self._stamps(created, updated, ends)},"lastSeenAt":"{seen}",'
            f'"lastActivityAt":"{seen}","lastCustomerActivityAt":"{seen}","lastMessageAt":"{seen}",'
            f'"lastMessageIn":{{"sentAt":"{seen}","channel":"email","sentiment":{sentiment}}},'
            f'"lastMessageOut":{{"sentAt":"{seen}"}},'
            f'"lastConversation":{{"id":"{make_id(CONVERSATION, self._any(CONVERSATION))}",'
            f'"sentiment":{sentiment},"tags":[],"channels":["email"]}},'
            f'"conversationCounts":{{"all":{done + opened},"snoozed":0,"open":{opened},'
            f'"done":{done}}},"preview":{{"previewAt":"{seen}","type":"message_in",'
            f'"text":{pick(chance, words.sentences)},"subject":{pick(chance, words.subjects)}}},'
            f'"tags":{self._tags()},"sentiment":{sentiment},"progressiveStatus":"open",'
            f'"verified":{"true" if done % 2 else "false"},"defaultLang":"en_us",'
            f'"satisfactionLevel":{{"answers":[]}},"roleGroupVersions":[],"accessOverride":[],'
            f'"firstCompany":null,"rev":{1 + done * 3},"custom":{custom}'
            f'}},"relationships":{{{_ORG},"messages":{{"links":{{"self":"{self_link}/messages"}}}},'
            f"{pick(chance, self._by_user)},{pick(chance, self._modified)},"
            f'"shopify-orders":{{"links":{{"self":"{self_link}/klasses/shopify-order"}}}}}},'
            f'"links":{{"self":"{self_link}"}}}}'
        )

    def _conversation(
        self, *, number: int, created: int, updated: int, ends: str, customer: int, **_: object
    ) -> str:
        chance, words = self._chance, self._words
        me, owner = make_id(CONVERSATION, number), make_id(CUSTOMER, customer)
        agent = user_id(int(chance.random() * _USERS))
        team = team_id(int(chance.random() * _TEAMS))
        queue = queue_id(int(chance.random() * _QUEUES))
        channel = pick(chance, _CHANNELS)[0]
        status = pick(chance, _STATUSES)
        first_in, first_out = created, created + int(chance.random() * 4 * HOUR)
        answered = first_out - first_in
        text_in, text_out, last = to_text(first_in), to_text(first_out), to_text(updated)
        message = make_id(MESSAGE, self._any(MESSAGE))
        score = chance.random()
        satisfaction = "null" if happens(chance, 0.6) else str(1 + int(score * 5))
        # A quarter of the surveyed conversations has changed after the survey.
        surveyed = to_text(created if number % 4 == 0 else updated)
        survey = (
            f',"form":"{make_id(list_code("satisfaction_surveys"), 0)}","updatedAt":"{surveyed}",'
            f'"formResponse":"{make_id(CHILD_CODES["satisfaction_responses"], number, 1)}"'
            if has_survey(number)
            else ""
        )
        done = (
            f'{{"createdAt":"{last}","time":{updated - created},"businessTime":'
            f'{(updated - created) // 3},"createdBy":"{agent}","createdByTeams":["{team}"],'
            f'"assignedUsers":["{agent}"],"assignedTeams":["{team}"],"messageCount":3,"noteCount":1}}'
            if status == "done"
            else "{}"
        )
        snooze = (
            f'{{"status":"scheduled","time":"{to_text(updated + 2 * HOUR)}"}}'
            if status == "snoozed"
            else "null"
        )
        sla = (
            f'{{"name":"Email Policy","status":"pending","matchedAt":"{text_in}","metrics":'
            f'{{"firstResponse":{{"breachAt":"{to_text(created + HOUR)}","satisfiedAt":"{text_out}"'
            f'}}}},"breach":{{}}}}'
        )
        sentiment = (
            f'{{"confidence":{chance.random():.6f},"polarity":{int(chance.random() * 3) - 1}}}'
        )
        response = (
            f'{{"id":"{message}","createdAt":"{text_out}","sentAt":"{text_out}","time":{answered},'
            f'"businessTime":{answered // 2},"createdBy":"{agent}","createdByTeams":["{team}"]}}'
        )
        return (
            f'{{"type":"conversation","id":"{me}","attributes":{{"name":'
            f'{pick(chance, words.subjects)},"preview":{pick(chance, words.sentences)},'
            f'"channels":["{channel}"],"status":"{status}",'
            f'"open":{{"statusAt":"{text_in}"}},"messageCount":{2 + int(score * 6)},"noteCount":1,'
            f'"satisfaction":{satisfaction},"satisfactionLevel":{{"score":{satisfaction},'
            f'"channel":"{channel}"{survey}}},{self._stamps(created, updated, ends)},'
            f'"lastActivityAt":"{last}","lastMessageAt":"{last}","lastReceivedAt":"{text_in}",'
            f'"spam":false,"ended":{"true" if status == "done" else "false"},"endedAt":null,'
            f'"endedReason":null,"endedByType":null,"direction":"in","tags":{self._tags()},'
            f'"suggestedTags":[],"suggestedShortcuts":[],"predictions":[],"sentiment":{sentiment},'
            f'"priority":{1 + int(score * 5)},"locale":"en_us","defaultLang":"en_us",'
            f'"replyChannel":"{channel}","assignedUsers":["{agent}"],"assignedTeams":["{team}"],'
            f'"firstMessageIn":{{"id":"{message}","sentAt":"{text_in}","createdAt":"{text_in}",'
            f'"channel":"{channel}","directionType":"initial-in","meta":{{}}}},'
            f'"firstMessageOut":{{"id":"{message}","sentAt":"{text_out}","createdAt":"{text_out}",'
            f'"channel":"{channel}","directionType":"response-out"}},'
            f'"lastMessageIn":{{"id":"{message}","sentAt":"{text_in}"}},'
            f'"lastMessageOut":{{"id":"{message}","sentAt":"{text_out}"}},'
            f'"lastMessageUnrespondedTo":{{}},"firstResponse":{response},"lastResponse":{response},'
            f'"firstDone":{done},"lastDone":{done},"doneCount":{1 if status == "done" else 0},'
            f'"reopenCount":0,"reopenFromDoneCount":0,"snoozeCount":0,"snooze":{snooze},'
            f'"sla":{sla},"outboundMessageCount":1,"inboundMessageCount":2,'
            f'"linkedConversations":[],"roleGroupVersions":[],"accessOverride":[],"skills":[],'
            f'"modificationHistory":{{"nameAt":null,"priorityAt":null,"channelAt":"{text_in}",'
            f'"assignedTeamsAt":"{text_in}","assignedUsersAt":"{text_out}","brandAt":null}},'
            f'"assistant":{{"fac":{{"reasons":[],"exclusions":[],"source":{{}}}},"status":"active"}},'
            f'"phase":"enduser","matchedTimeBasedRules":[],"totalOpen":{{"businessTime":0,'
            f'"time":{updated - created}}},"totalSnooze":{{"businessTime":0,"time":0}},'
            f'"totalDone":{{"businessTime":0,"time":0}},"rev":{1 + int(score * 30)},'
            f'"custom":{pick(chance, self._custom["conversation"])}}},"relationships":{{{_ORG},'
            f"{_to('customer', 'customers', 'customer', owner)},"
            f'"messages":{{"links":{{"self":"/v1/conversations/{me}/messages"}}}},'
            f"{pick(chance, self._by_user)},{pick(chance, self._modified)},"
            f"{_to('queue', 'routing/queues', 'queue', queue)},"
            f"{_to('brand', 'brands', 'brand', make_id(list_code('brands'), number % _BRANDS))},"
            f"{_to('sla', 'slas', 'sla', make_id(list_code('slas'), number % 3))}}},"
            f'"links":{{"self":"/v1/conversations/{me}"}}}}'
        )

    def _message(
        self,
        *,
        number: int,
        created: int,
        updated: int,
        ends: str,
        conversation: int,
        customer: int,
        **_: object,
    ) -> str:
        chance, words = self._chance, self._words
        me, owner = make_id(MESSAGE, number), make_id(CUSTOMER, customer)
        talk = make_id(CONVERSATION, conversation)
        channel, app = pick(chance, _CHANNELS)
        incoming = happens(chance, 0.55)
        subject, person = pick(chance, words.subjects), pick(chance, words.people)
        agent, team = user_id(int(chance.random() * _USERS)), team_id(number % _TEAMS)
        sent = to_text(created - int(chance.random() * 20 * SECOND))
        to = _recipients(chance.random())
        attachments = [
            f'{{"type":"attachment","id":"{make_id(CHILD_CODES["attachments"], number, child)}"}}'
            for child in range(1, 1 + attachment_count(number))
        ]
        response = int(chance.random() * 4 * HOUR)
        direction = (
            f'"direction":"in","directionType":"{"initial-in" if response % 2 else "followup-in"}",'
            f'"status":"received"'
            if incoming
            else f'"direction":"out","directionType":"response-out","status":"sent",'
            f'"responseTime":{response},"responseBusinessTime":{response // 2}'
        )
        text = pick(chance, words.texts)
        return (
            f'{{"type":"message","id":"{me}","attributes":{{"externalId":"<{me}@mail.example.com>",'
            f'"channel":"{channel}","app":"{app}","size":{len(text)},{direction},"preview":{text},'
            f'"subject":{subject},"sentiment":{{"confidence":{chance.random():.6f},"polarity":'
            f'{int(chance.random() * 3) - 1}}},"meta":{{"subject":{subject},"from":{person.email},'
            f'{to},"recipient":{{"email":"support@example.com","mailboxHash":""}},'
            f'"inReplyTo":"<{talk}@mail.example.com>"}},"lang":{pick(chance, _LANGS)},'
            f'"auto":false,"redacted":false,"sentAt":"{sent}",'
            f"{self._stamps(created, updated, ends)},"
            f'"createdByTeams":{"[]" if incoming else f"[{dumps(team)}]"},'
            f'"assignedUsers":["{agent}"],"assignedTeams":["{team}"],"reactions":[],'
            f'"intentDetections":[],"firstDelivered":{{"timestamp":"{sent}"}},"rev":1,'
            f'"custom":{pick(chance, self._custom["message"])}}},"relationships":{{{_ORG},'
            f"{pick(chance, self._modified)},{pick(chance, self._by_user)},"
            f'"attachments":{{"links":{{"self":"/v1/messages/{me}/attachments"}},'
            f'"data":[{",".join(attachments)}]}},'
            f"{_to('customer', 'customers', 'customers', owner)},"
            f"{_to('conversation', 'conversations', 'conversation', talk)}}},"
            f'"links":{{"self":"/v1/messages/{me}","related":"/v1/{app}/messages/{me}"}}}}'
        )

    def _note(
        self,
        *,
        number: int,
        created: int,
        updated: int,
        ends: str,
        conversation: int,
        customer: int,
        **_: object,
    ) -> str:
        chance, words = self._chance, self._words
        me, talk = make_id(NOTE, number), make_id(CONVERSATION, conversation)
        mention = user_id(int(chance.random() * _USERS))
        return (
            f'{{"type":"note","id":"{me}","attributes":{{"body":{pick(chance, words.texts)},'
            f'"externalId":null,"createdByTeams":["{team_id(number % _TEAMS)}"],'
            f"{self._stamps(created, updated, ends)},"
            f'"custom":{pick(chance, self._custom["note"])}}},'
            f'"relationships":{{{_ORG},'
            f"{_to('customer', 'customers', 'customer', make_id(CUSTOMER, customer))},"
            f'{pick(chance, self._by_user)},{pick(chance, self._modified)},"userMentions":'
            f'{{"data":[{{"type":"user","id":"{mention}"}}]}},'
            f"{_to('conversation', 'conversations', 'conversation', talk)}"
            f'}},"links":{{"self":"/v1/notes/{me}"}}}}'
        )

    def _company(self, *, number: int, created: int, updated: int, ends: str, **_: object) -> str:
        chance, words = self._chance, self._words
        me = make_id(COMPANY, number)
        return (
            f'{{"type":"company","id":"{me}","attributes":{{"name":{pick(chance, words.companies)},'
            f'"externalId":"acct-{number:06d}","domains":[{{"domain":"company{number}.example.com"}}],"emails":[],'
            f'"phones":[],"whatsapps":[],"urls":[],"locations":[],"socials":[],'
            f'{self._stamps(created, updated, ends)},"tags":{self._tags()},"defaultLang":"en_us",'
            f'"roleGroupVersions":[],"rev":{number % 7},"custom":'
            f'{pick(chance, self._custom["company"])}}},"relationships":{{{_ORG},'
            f"{pick(chance, self._by_user)},{pick(chance, self._modified)}}},"
            f'"links":{{"self":"/v1/companies/{me}"}}}}'
        )

    def _kobject(
        self,
        *,
        number: int,
        created: int,
        updated: int,
        ends: str,
        customer: int,
        klass: int,
        **_: object,
    ) -> str:
        chance = self._chance
        name, me = KLASS_NAMES[klass], make_id(KOBJECT, number)
        price = chance.random() * 300
        link = f'"link":{{"self":"/v1/klasses/{name}"}}'
        done = (
            f'{{"time":{int(price * MINUTE)},"businessTime":{int(price * SECOND)},'
            f'"createdAt":"{to_text(updated)}","createdBy":"{user_id(number % _USERS)}"}}'
        )
        return (
            f'{{"type":"kobject.{name}","id":"{me}","attributes":{{'
            f'"title":"{name} #{number} (3 items for ${price:.2f})","description":"3 items",'
            f'"externalId":"{name}-{number}","icon":"truck-delivery",'
            f'"images":["https://cdn.example.com/products/{number % 50}.jpg"],"tags":[],'
            f'{self._stamps(created, updated, ends)},"rev":0,"status":"open","doneCount":1,'
            f'"reopenCount":0,"firstDone":{done},"lastDone":{done},"s3DataUrl":null,'
            f'"custom":{pick(chance, self._custom[f"kobject.{name}"])}}},"relationships":{{{_ORG},'
            f'"klass":{{{link},"data":{{"type":"klass","id":"{name}"}}}},'
            f'"queue":{{"link":{{"self":"/v1/queues/{queue_id(number % _QUEUES)}"}},'
            f'"data":{{"type":"queue","id":"{queue_id(number % _QUEUES)}"}}}},'
            f"{_to('customer', 'customers', 'customer', make_id(CUSTOMER, customer))},"
            f'{pick(chance, self._by_user)}}},"links":{{"self":"/v1/klasses/{name}/{me}"}}}}'
        )

    def _conversation_time(
        self,
        *,
        number: int,
        created: int,
        conversation: int,
        customer: int,
        **_: object,
    ) -> str:
        chance = self._chance
        me, agent = make_id(CONVERSATION_TIME, number), user_id(number % _USERS)
        talk, at = make_id(CONVERSATION, conversation), to_text(created)
        handled = 1 + int(chance.random() * 3_600)
        began = to_text(created - handled * SECOND)
        return (
            f'{{"type":"conversation_time","id":"{me}","attributes":{{"createdAt":"{at}",'
            f'"createdByTeams":[],"assignedUsers":["{agent}"],"assignedTeams":[],'
            f'"messageAt":"{began}","messageTime":{handled},"handleAt":"{began}",'
            f'"handleTime":{handled},"channels":["chat"]}},"relationships":{{{_ORG},'
            f"{_to('customer', 'customers', 'customer', make_id(CUSTOMER, customer))},"
            f"{_to('conversation', 'conversations', 'conversation', talk)},"
            f'{pick(chance, self._by_user)}}},"links":{{"self":"/v1/conversations/times/{me}"}}}}'
        )

    def _work_session(
        self, *, number: int, created: int, updated: int, ends: str, **_: object
    ) -> str:
        me, agent = make_id(WORK_SESSION, number), user_id(number % _USERS)
        return (
            f'{{"type":"work_session","id":"{me}","attributes":{{"active":false,'
            f'"statusType":"offline","signedInAt":"{to_text(created)}",'
            f'"signedOutAt":"{to_text(updated)}",{self._stamps(created, updated, ends)}}},'
            f'"relationships":{{{_ORG},{pick(self._chance, self._by_user)},'
            f"{_to('user', 'users', 'user', agent)},"
            f"{_to('team', 'teams', 'team', team_id(number % _TEAMS))}}},"
            f'"links":{{"self":"/v1/routing/work-session/{me}"}}}}'
        )

    def _work_item(
        self,
        *,
        number: int,
        created: int,
        updated: int,
        ends: str,
        conversation: int,
        **_: object,
    ) -> str:
        me, agent = make_id(WORK_ITEM, number), user_id(number % _USERS)
        began, ended = to_text(created), to_text(updated)
        return (
            f'{{"type":"work_item","id":"{me}","attributes":{{"resourceType":"conversation",'
            f'"status":"completed","paused":false,"channel":"email","firstEnterQueueAt":"{began}",'
            f'"queuedCount":1,"priority":1,"itemSize":1,"handle":{{"time":893912,'
            f'"businessTime":893912,"completedAt":"{ended}"}},"completedAt":"{ended}",'
            f'"resourceRev":7,"resourceCreatedAt":"{began}","resourceDirection":"in","rev":2,'
            f'"workItemNumber":{number},"lastRevision":{{"enteredQueueAt":"{began}",'
            f'"acceptedAt":"{ended}"}},{self._stamps(created, updated, ends)}}},'
            f'"relationships":{{{_ORG},{pick(self._chance, self._by_user)},"resource":{{"data":'
            f'{{"type":"conversation","id":"{make_id(CONVERSATION, conversation)}"}}}},'
            f"{_to('queue', 'queues', 'queue', queue_id(number % _QUEUES))},"
            f"{_to('team', 'teams', 'team', team_id(number % _TEAMS))},"
            f"{_to('assignedTo', 'users', 'user', agent)}}},"
            f'"links":{{"self":"/v1/routing/work-item/{me}"}}}}'
        )


def has_survey(conversation: int) -> bool:
    """Whether a satisfaction survey was sent about a conversation, by its number."""
    return conversation % 3 == 0


def attachment_count(message: int) -> int:
    """How many attachments a message has, by its number."""
    return 1 + message % 3 if (message * 2_654_435_761 & 0xFFFF) < _ATTACHED * 0xFFFF else 0


def _recipients(draw: float) -> str:
    """`to`, `cc` and `bcc` come as list, object or plain string."""
    forms = (
        *['"to":[{"email":"support@example.com"}],"cc":[],"bcc":[]'] * 8,
        '"to":"support@example.com","cc":null',
        '"to":{"email":"support@example.com"},"cc":[{"email":"c@example.com"}],"bcc":"b@example.com"',
    )
    return forms[int(draw * len(forms))]


def _klass(draw: float) -> int:
    for place, (_, _, share) in enumerate(KLASSES):
        draw -= share
        if draw < 0:
            return place
    return 0
