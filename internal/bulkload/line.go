package bulkload

import "github.com/go-json-experiment/json/jsontext"

// A line is one line of a file: a type, and the object that stands under the name of the type.
type line struct {
	Type          string         `json:"type,omitzero"`
	Version       *int           `json:"version,omitzero"`
	Info          *info          `json:"info,omitzero"`
	Role          *role          `json:"role,omitzero"`
	Scheme        *scheme        `json:"scheme,omitzero"`
	Emoji         *emoji         `json:"emoji,omitzero"`
	Team          *team          `json:"team,omitzero"`
	Channel       *channel       `json:"channel,omitzero"`
	User          *user          `json:"user,omitzero"`
	Bot           *bot           `json:"bot,omitzero"`
	Post          *post          `json:"post,omitzero"`
	DirectChannel *directChannel `json:"direct_channel,omitzero"`
	DirectPost    *post          `json:"direct_post,omitzero"`
}

type info struct {
	Generator  string         `json:"generator,omitzero"`
	Version    string         `json:"version,omitzero"`
	Created    string         `json:"created,omitzero"`
	Additional jsontext.Value `json:"additional,omitzero"`
}

type role struct {
	Name          *string   `json:"name,omitzero"`
	DisplayName   *string   `json:"display_name,omitzero"`
	Description   *string   `json:"description,omitzero"`
	Permissions   *[]string `json:"permissions,omitzero"`
	SchemeManaged *bool     `json:"scheme_managed,omitzero"`
}

type scheme struct {
	Name                    *string `json:"name,omitzero"`
	DisplayName             *string `json:"display_name,omitzero"`
	Description             *string `json:"description,omitzero"`
	Scope                   *string `json:"scope,omitzero"`
	DefaultTeamAdminRole    *role   `json:"default_team_admin_role,omitzero"`
	DefaultTeamUserRole     *role   `json:"default_team_user_role,omitzero"`
	DefaultTeamGuestRole    *role   `json:"default_team_guest_role,omitzero"`
	DefaultChannelAdminRole *role   `json:"default_channel_admin_role,omitzero"`
	DefaultChannelUserRole  *role   `json:"default_channel_user_role,omitzero"`
	DefaultChannelGuestRole *role   `json:"default_channel_guest_role,omitzero"`
}

type emoji struct {
	Name  *string `json:"name,omitzero"`
	Image *string `json:"image,omitzero"`
}

type team struct {
	Name            *string `json:"name,omitzero"`
	DisplayName     *string `json:"display_name,omitzero"`
	Type            *string `json:"type,omitzero"`
	Description     *string `json:"description,omitzero"`
	AllowOpenInvite *bool   `json:"allow_open_invite,omitzero"`
	Scheme          *string `json:"scheme,omitzero"`
}

type channel struct {
	Team        *string `json:"team,omitzero"`
	Name        *string `json:"name,omitzero"`
	DisplayName *string `json:"display_name,omitzero"`
	Type        *string `json:"type,omitzero"`
	Header      *string `json:"header,omitzero"`
	Purpose     *string `json:"purpose,omitzero"`
	Scheme      *string `json:"scheme,omitzero"`
	DeletedAt   *int64  `json:"deleted_at,omitzero"`
}

type user struct {
	Username     *string        `json:"username,omitzero"`
	Email        *string        `json:"email,omitzero"`
	AuthService  *string        `json:"auth_service,omitzero"`
	AuthData     *string        `json:"auth_data,omitzero"`
	Password     *string        `json:"password,omitzero"`
	Nickname     *string        `json:"nickname,omitzero"`
	FirstName    *string        `json:"first_name,omitzero"`
	LastName     *string        `json:"last_name,omitzero"`
	Position     *string        `json:"position,omitzero"`
	Roles        *string        `json:"roles,omitzero"`
	Locale       *string        `json:"locale,omitzero"`
	DeleteAt     *int64         `json:"delete_at,omitzero"`
	ProfileImage *string        `json:"profile_image,omitzero"`
	Teams        []userTeam     `json:"teams,omitzero"`
	NotifyProps  *notifyProps   `json:"notify_props,omitzero"`
	CustomStatus jsontext.Value `json:"custom_status,omitzero"`
	preferences
}

// preferences are kept as they are written, save those that have but two values.
type preferences struct {
	Theme                    *string `json:"theme,omitzero"`
	MilitaryTime             *string `json:"military_time,omitzero"`
	LinkPreviews             *string `json:"link_previews,omitzero"`
	MessageDisplay           *string `json:"message_display,omitzero"`
	CollapseConsecutive      *string `json:"collapse_consecutive_messages,omitzero"`
	ColorizeUsernames        *string `json:"colorize_usernames,omitzero"`
	ChannelDisplayMode       *string `json:"channel_display_mode,omitzero"`
	TutorialStep             *string `json:"tutorial_step,omitzero"`
	SendOnCtrlEnter          *string `json:"send_on_ctrl_enter,omitzero"`
	CodeBlockCtrlEnter       *string `json:"code_block_ctrl_enter,omitzero"`
	ShowJoinLeave            *string `json:"show_join_leave,omitzero"`
	ShowUnreadScrollPosition *string `json:"show_unread_scroll_position,omitzero"`
	SyncDrafts               *string `json:"sync_drafts,omitzero"`
	LimitVisibleDMs          *string `json:"limit_visible_dms_gms,omitzero"`
	NameFormat               *string `json:"name_format,omitzero"`
	Markdown                 *string `json:"feature_enabled_markdown_preview,omitzero"`
	Formatting               *string `json:"formatting,omitzero"`
	ShowUnreadSection        *string `json:"show_unread_section,omitzero"`
	EmailInterval            *string `json:"email_interval,omitzero"`
}

type notifyProps struct {
	Desktop          *string `json:"desktop,omitzero"`
	DesktopSound     *string `json:"desktop_sound,omitzero"`
	Email            *string `json:"email,omitzero"`
	Mobile           *string `json:"mobile,omitzero"`
	MobilePushStatus *string `json:"mobile_push_status,omitzero"`
	Channel          *string `json:"channel,omitzero"`
	Comments         *string `json:"comments,omitzero"`
	MentionKeys      *string `json:"mention_keys,omitzero"`
}

type userTeam struct {
	Name     *string       `json:"name,omitzero"`
	Roles    *string       `json:"roles,omitzero"`
	Theme    *string       `json:"theme,omitzero"`
	Channels []userChannel `json:"channels,omitzero"`
}

type userChannel struct {
	Name        *string             `json:"name,omitzero"`
	Roles       *string             `json:"roles,omitzero"`
	Favorite    *bool               `json:"favorite,omitzero"`
	NotifyProps *channelNotifyProps `json:"notify_props,omitzero"`
	counters
}

// counters are what somebody has read of a channel.
type counters struct {
	MentionCount     *int64 `json:"mention_count,omitzero"`
	MentionCountRoot *int64 `json:"mention_count_root,omitzero"`
	UrgentMentions   *int64 `json:"urgend_mention_count,omitzero"` // the format spells it so
	MsgCount         *int64 `json:"msg_count,omitzero"`
	MsgCountRoot     *int64 `json:"msg_count_root,omitzero"`
	LastViewedAt     *int64 `json:"last_viewed_at,omitzero"`
}

type channelNotifyProps struct {
	Desktop               *string `json:"desktop,omitzero"`
	Mobile                *string `json:"mobile,omitzero"`
	MarkUnread            *string `json:"mark_unread,omitzero"`
	Email                 *string `json:"email,omitzero"`
	IgnoreChannelMentions *string `json:"ignore_channel_mentions,omitzero"`
	AutoFollowThreads     *string `json:"channel_auto_follow_threads,omitzero"`
}

type bot struct {
	Username     *string `json:"username,omitzero"`
	Owner        *string `json:"owner,omitzero"`
	DisplayName  *string `json:"display_name,omitzero"`
	Description  *string `json:"description,omitzero"`
	DeleteAt     *int64  `json:"delete_at,omitzero"`
	ProfileImage *string `json:"profile_image,omitzero"`
}

// A post is a post of a channel, a reply (without Team, Channel, Replies), or one of a direct channel (ChannelMembers instead of Team and Channel).
type post struct {
	Team            *string          `json:"team,omitzero"`
	Channel         *string          `json:"channel,omitzero"`
	ChannelMembers  *[]string        `json:"channel_members,omitzero"`
	User            *string          `json:"user,omitzero"`
	Type            *string          `json:"type,omitzero"`
	Message         *string          `json:"message,omitzero"`
	Props           jsontext.Value   `json:"props,omitzero"`
	CreateAt        *int64           `json:"create_at,omitzero"`
	EditAt          *int64           `json:"edit_at,omitzero"`
	IsPinned        *bool            `json:"is_pinned,omitzero"`
	FlaggedBy       []string         `json:"flagged_by,omitzero"`
	Reactions       []reaction       `json:"reactions,omitzero"`
	Replies         []post           `json:"replies,omitzero"`
	Attachments     []attachment     `json:"attachments,omitzero"`
	ThreadFollowers []threadFollower `json:"thread_followers,omitzero"`

	putOff string // replies of a long line, as JSON that quick can read: see portions
}

type reaction struct {
	User      *string `json:"user,omitzero"`
	EmojiName *string `json:"emoji_name,omitzero"`
	CreateAt  *int64  `json:"create_at,omitzero"`
}

type attachment struct {
	Path *string `json:"path,omitzero"`
}

type threadFollower struct {
	User           *string `json:"user,omitzero"`
	LastViewed     *int64  `json:"last_viewed,omitzero"`
	UnreadMentions *int64  `json:"unread_mentions,omitzero"`
}

type directChannel struct {
	Members      *[]string     `json:"members,omitzero"`
	Participants []participant `json:"participants,omitzero"`
	Header       *string       `json:"header,omitzero"`
	FavoritedBy  []string      `json:"favorited_by,omitzero"`
	ShownBy      []string      `json:"shown_by,omitzero"`
}

type participant struct {
	Username    *string             `json:"username,omitzero"`
	NotifyProps *channelNotifyProps `json:"notify_props,omitzero"`
	SchemeUser  *bool               `json:"scheme_user,omitzero"`
	SchemeAdmin *bool               `json:"scheme_admin,omitzero"`
	SchemeGuest *bool               `json:"scheme_guest,omitzero"`
	counters
}
